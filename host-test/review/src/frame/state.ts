import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Indices } from "../data/indices";
import type { Review } from "../data/review";
import type { Search } from "../data/search";
import type { Choice, Decision, Decisions } from "../decisions/decisions";
import type { Keeping } from "../decisions/keeping";

/** A decision that the reader is asked about before it is made. */
export interface Question {
  rows: ArrayLike<number>;
  choice: Choice | null;
  /** Whether it is one decision, though it may be about several accounts of one person. */
  single?: boolean;
  /** The subject of the decision, in words. */
  about: string;
}

/** State that all parts of the page share. */
export interface State {
  review: Review;
  decisions: Decisions;
  keeping: Keeping;
  /** Absent until the pass over all grants is done. */
  indices: Indices | undefined;
  search: () => Search;
  reviewer: string;
  setReviewer: (name: string) => void;
  /** Opens the dialog about a decision. */
  ask: (question: Question) => void;
  /** Decides at once. */
  decide: (rows: ArrayLike<number>, decision: Decision | null, words: string) => void;
  undo: () => void;
  /** Says something to the reader, also to one who listens. */
  say: (words: string, undoable?: boolean) => void;
  /** The number of rows that a list shows now, while the page is printed all of them. */
  printing: boolean;
  print: () => void;
}

export const StateContext = createContext<State | undefined>(undefined);

export function useApp(): State {
  const state = useContext(StateContext);
  if (!state) throw new Error("There is no state around this part.");
  return state;
}
