import type { Basis } from "./format";
import type { Review } from "./review";

const known = new WeakMap<Review, Map<number, Set<number>>>();

/** Things that are held because of a group or a policy: resources whose reasons name it. */
export function relationsOf(review: Review, resource: number): number[] {
  let relations = known.get(review);
  if (!relations) known.set(review, (relations = relate(review)));
  return [...(relations.get(resource) ?? [])];
}

function relate(review: Review): Map<number, Set<number>> {
  const relations = new Map<number, Set<number>>();
  const add = (from: number | null, to: number) => {
    if (from === null || from === to) return;
    relations.get(from)?.add(to) ?? relations.set(from, new Set([to]));
  };
  // The same bases are behind many reasons.
  const bases = new Map<string, Basis[]>();
  for (let reason = 0; reason < review.reasons; reason++) {
    const text = review.text("reason.basis", reason);
    let basis = bases.get(text);
    if (!basis) bases.set(text, (basis = JSON.parse(text) as Basis[]));
    const on = review.entitlementOn[review.reasonEntitlement[reason]!]!;
    for (const one of basis) {
      add(one.group, on);
      add(one.through, on);
    }
  }
  return relations;
}
