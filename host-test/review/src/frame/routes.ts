import type { Review, Section } from "../data/review";

/** The place of the reader. The part behind `#` says it, so that the browser's back button works. */
export type Route =
  | { view: "overview" | "people" | "applications" | "groups" | "roles" | "other" }
  | { view: "findings" | "since" | "decisions" }
  | { view: "person" | "thing"; row: number }
  | { view: "finding"; id: string }
  | { view: "search"; query: string }
  | { view: "missing" };

const PLAIN = [
  "people",
  "applications",
  "groups",
  "roles",
  "other",
  "findings",
  "since",
  "decisions",
] as const;
type Plain = (typeof PLAIN)[number];

/** The address part of things, by their section. */
const THINGS: Record<Section, string> = {
  person: "account",
  app: "application",
  group: "group",
  role: "role",
  other: "thing",
};

export function parse(hash: string, review: Review): Route {
  const path = hash.replace(/^#\/?/, "");
  if (path === "") return { view: "overview" };
  const [first, second = ""] = path.split("/");
  if (first === "search") return { view: "search", query: decoded(path.slice("search/".length)) };
  if (first === "finding") return { view: "finding", id: decoded(second) };
  if (PLAIN.includes(first as Plain) && second === "") return { view: first as Plain };
  const row = /^\d+$/.test(second) ? Number(second) : -1;
  if (first === "person" && row >= 0 && row < review.people) return { view: "person", row };
  if (Object.values(THINGS).includes(first!) && row >= 0 && row < review.resources)
    return { view: "thing", row };
  return { view: "missing" };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

export const personHref = (person: number): string => `#/person/${person}`;
export const findingHref = (id: string): string => `#/finding/${encodeURIComponent(id)}`;
/** Things that the browser remembers of a page to which the search led. */
export const SEARCHED = "searched";
export const searchHref = (query: string): string => `#/search/${encodeURIComponent(query)}`;

/** The page of a resource: that of the person for an account. */
export function resourceHref(review: Review, resource: number): string {
  const person = review.resourcePerson[resource]!;
  return person > 0 ? personHref(person - 1) : `#/${THINGS[review.sectionOf(resource)]}/${resource}`;
}
