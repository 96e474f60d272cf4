import type { Basis } from "../data/format";
import type { Review } from "../data/review";
import { resourceHref } from "../frame/routes";
import { capital } from "./words";

/** One box of the picture. */
export interface Box {
  caption: string;
  text: string;
  href?: string;
  layer: number;
  key: string;
}

/** The boxes from a person to what they hold, and the lines between them. */
export interface Graph {
  boxes: Box[];
  lines: [string, string][];
  layers: number;
  /** The number of rules that aren't drawn. */
  left: number;
  /** The same as a sentence. */
  words: string;
}

const MOST = 5;
/** The layers from left to right. */
const [WHO, RULE, GROUP, POLICY, TARGET] = [0, 1, 2, 3, 4] as const;

/** Makes the graph of a reason. `who` is the person, or a number of people. */
export function graphOf(
  review: Review,
  reason: number,
  who: { text: string; caption: string; href?: string },
): Graph {
  const on = review.entitlementOn[review.reasonEntitlement[reason]!]!;
  const basis = review.basis(reason);
  const boxes = new Map<string, Box>();
  const lines = new Map<string, [string, string]>();
  const add = (box: Box): string => {
    if (!boxes.has(box.key)) boxes.set(box.key, box);
    return box.key;
  };
  const ofResource = (resource: number, layer: number): string =>
    add({
      caption: capital(review.kind(resource).one),
      text: review.name(resource),
      href: resourceHref(review, resource),
      layer,
      key: `resource ${resource}`,
    });
  const start = add({ ...who, layer: WHO, key: "who" });
  const end = ofResource(on, TARGET);
  for (const one of basis.slice(0, MOST)) {
    const way = [start];
    // A rule that names a group is drawn as the group.
    const isGroup = one.group !== null && one.group !== on;
    if (!isGroup) {
      const text = ruleWords(one);
      way.push(add({ caption: "Rule", text, layer: RULE, key: `rule ${one.rule} ${one.value} ${text}` }));
    } else way.push(ofResource(one.group!, GROUP));
    if (one.through !== null && one.through !== on && one.through !== one.group) {
      way.push(ofResource(one.through, POLICY));
    }
    way.push(end);
    for (let i = 1; i < way.length; i++) lines.set(`${way[i - 1]} > ${way[i]}`, [way[i - 1]!, way[i]!]);
  }
  const used = [...new Set([...boxes.values()].map((box) => box.layer))].sort();
  const list = [...boxes.values()].map((box) => ({ ...box, layer: used.indexOf(box.layer) }));
  const why = basis.map((one) => one.words).join("; ");
  return {
    boxes: list.sort((a, b) => a.layer - b.layer),
    lines: [...lines.values()],
    layers: used.length,
    left: Math.max(0, basis.length - MOST),
    words: `The path from ${who.text} to ${review.name(on)}: ${why}.`,
  };
}

/** A rule in the words of its reason, without the policy, which has a box of its own. */
function ruleWords(basis: Basis): string {
  if (basis.rule === "email") return basis.value ? `address ${basis.value}` : "named by address";
  if (basis.rule === "email_domain") return `domain ${basis.value}`;
  if (basis.rule === "everyone") return "everyone";
  return basis.words.split(/, (?:by|in|through) (?:the )?policy /)[0]!;
}
