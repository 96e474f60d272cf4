import { useMemo } from "preact/hooks";
import type { Section } from "../data/review";
import { useApp } from "../frame/state";
import { usePaged } from "../parts/paged";
import { Empty, Part, PersonLink, ResourceLink, Tag, Text } from "../parts/text";
import { count, number, shown } from "../parts/words";

const FIRST = 20;
const PARTS: [Exclude<Section, "person">, string][] = [
  ["app", "Applications"],
  ["group", "Groups"],
  ["role", "Roles and user groups"],
  ["other", "Others"],
];

/** The hits of a search, while it is typed. */
export function SearchResults({ query }: { query: string }) {
  const { review, search } = useApp();
  const found = useMemo(() => search().find(query), [search, query]);
  const things = (section: Section) => found.things.filter((row) => review.sectionOf(row) === section);
  const total = found.people.length + found.things.length;
  const words =
    total === 0
      ? "Nothing found"
      : `${count(found.people.length, "person", "people")} and ${count(found.things.length, "other")} found`;
  return (
    <div id="results">
      <header class="title">
        <p class="above">Search</p>
        <h1 tabIndex={-1} id="title">
          <Text>{query || "…"}</Text>
        </h1>
        <div class="below">
          <p role="status">{query ? shown(words) : "Type a name or an address."}</p>
        </div>
      </header>
      {query !== "" && total === 0 && (
        <Empty>No name and no address has all of these words in it. Parts of words are found too.</Empty>
      )}
      {found.people.length > 0 && (
        <Part title={`People (${number(found.people.length)})`}>
          <FoundPeople rows={found.people} key={query} />
        </Part>
      )}
      {PARTS.map(([section, title]) => {
        const rows = things(section);
        return (
          rows.length > 0 && (
            <Part title={`${title} (${number(rows.length)})`} key={section}>
              <FoundThings rows={rows} section={section} key={query} />
            </Part>
          )
        );
      })}
    </div>
  );
}

function FoundPeople({ rows: all }: { rows: number[] }) {
  const { review } = useApp();
  const { rows, more } = usePaged("found people", all, FIRST);
  return (
    <>
      <ul class="plain found">
        {rows.map((person) => (
          <li key={person}>
            <PersonLink person={person} />{" "}
            <span class="muted small">
              <Text>{review.text("person.address", person)}</Text>
            </span>
          </li>
        ))}
      </ul>
      {more}
    </>
  );
}

function FoundThings({ rows: all, section }: { rows: number[]; section: Section }) {
  const { review } = useApp();
  const { rows, more } = usePaged(`found ${section}`, all, FIRST);
  return (
    <>
      <ul class="plain found">
        {rows.map((row) => (
          <li key={row}>
            <ResourceLink resource={row} /> <Tag>{review.kind(row).one}</Tag>
          </li>
        ))}
      </ul>
      {more}
    </>
  );
}
