// What a failure means for a run. The contract's `kind` decides.

/** Nobody changes these by waiting: a person has to. The schedule stops, too. */
const STOPS = ['invalid-settings', 'unauthenticated', 'permission-denied'];

/** The failures without a page between them after which a run ends. */
const MOST_FAILURES = 8;
/** The times that a run may begin again from the start. */
const MOST_RESTARTS = 3;
/** The times that the Worker may end in the middle of one page, with no word of why. */
export const MOST_DEATHS = 3;

const SHORTEST_MS = 10_000;
const LONGEST_MS = 600_000;

/**
 * @param {{ kind: string, retryable: boolean, retryAfterMs?: number } | undefined} error the contract's error; none for a trap, or a
 *   failure of storage
 * @param {{ failures: number, restarts: number }} run how often it has failed since its last page, this one left out
 * @returns {{ then: 'stop' | 'restart' | 'retry' | 'fail', afterMs?: number }}
 */
export function judge(error, { failures, restarts }) {
  if (STOPS.includes(error?.kind)) return { then: 'stop' };
  if (error?.kind === 'invalid-cursor') return { then: restarts < MOST_RESTARTS ? 'restart' : 'fail' };
  if (error && !error.retryable) return { then: 'fail' };
  if (failures + 1 >= MOST_FAILURES) return { then: 'fail' };
  const backOff = Math.min(SHORTEST_MS * 2 ** failures, LONGEST_MS) * (1 + Math.random() / 4);
  return { then: 'retry', afterMs: Math.round(error?.retryAfterMs ?? backOff) };
}
