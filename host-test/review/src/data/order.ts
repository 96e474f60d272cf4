import type { Review } from "./review";
import { fold } from "./search";

const known = new WeakMap<Review, number[]>();

/** All people by their names. */
export function byName(review: Review): number[] {
  let rows = known.get(review);
  if (!rows) {
    const names = Array.from({ length: review.people }, (_, person) => fold(review.personName(person)));
    rows = names.map((_, person) => person);
    rows.sort((a, b) => (names[a]! < names[b]! ? -1 : names[a]! > names[b]! ? 1 : a - b));
    known.set(review, rows);
  }
  return rows;
}
