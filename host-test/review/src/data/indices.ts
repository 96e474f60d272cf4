import { pause } from "./later";
import type { Review } from "./review";

const SLICE = 1 << 17;

/** Rows in groups, as two arrays: where each group begins, and the rows of all groups. */
export interface Groups {
  starts: Uint32Array;
  rows: Uint32Array;
}

export function rowsOf(groups: Groups, group: number): Uint32Array {
  return groups.rows.subarray(groups.starts[group]!, groups.starts[group + 1]!);
}

/** The indices that need a pass over all grants. */
export interface Indices {
  /** The grants of each owner: a person, or a resource that isn't one. See `Review.ownerOf`. */
  byOwner: Groups;
  /** The number of different owners that hold each entitlement. */
  owners: Uint32Array;
  /** For each person, how many applications, groups and roles they hold. */
  held: Record<"app" | "group" | "role", Uint32Array>;
}

/** Builds the indices in slices, so that the page answers meanwhile. */
export async function buildIndices(review: Review): Promise<Indices> {
  const principals = review.grantPrincipal;
  const owners = review.people + review.resources;
  const starts = new Uint32Array(owners + 1);
  for (let from = 0; from < principals.length; from += SLICE) {
    const to = Math.min(principals.length, from + SLICE);
    for (let row = from; row < to; row++) starts[review.ownerOf(principals[row]!) + 1]!++;
    await pause();
  }
  for (let owner = 0; owner < owners; owner++) starts[owner + 1] = starts[owner + 1]! + starts[owner]!;
  const next = starts.slice();
  const rows = new Uint32Array(principals.length);
  const different = new Uint32Array(review.entitlements);
  const last = new Uint32Array(owners);
  const held = {
    app: new Uint32Array(review.people),
    group: new Uint32Array(review.people),
    role: new Uint32Array(review.people),
  };
  let done = 0;
  for (let entitlement = 0; entitlement < review.entitlements; entitlement++) {
    const section = review.sectionOf(review.entitlementOn[entitlement]!);
    const counts = section === "other" || section === "person" ? undefined : held[section];
    for (const reason of review.reasonsOf(entitlement)) {
      const first = review.reasonFirst[reason]!;
      const end = first + review.reasonCount[reason]!;
      for (let row = first; row < end; row++) {
        const owner = review.ownerOf(principals[row]!);
        rows[next[owner]!++] = row;
        if (last[owner] !== entitlement + 1) {
          last[owner] = entitlement + 1;
          different[entitlement]!++;
          if (counts && owner < review.people) counts[owner]!++;
        }
      }
      done += end - first;
      if (done >= SLICE) {
        done = 0;
        await pause();
      }
    }
  }
  return { byOwner: { starts, rows }, owners: different, held };
}
