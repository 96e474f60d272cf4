import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { drawMore } from "../frame/focus";
import { useApp } from "../frame/state";
import { count, number } from "./words";

const MORE = 100;
/** The length to which each list was shown, so that it is so again when the reader comes back. */
const shownBefore = new Map<string, number>();

/**
 * A list of which a part is shown, and more on demand. All shown rows are in the page, so that the browser's own
 * search, print and screen readers find them.
 */
export function usePaged<T>(
  name: string,
  rows: ArrayLike<T>,
  first = MORE,
): { rows: T[]; more: ComponentChildren } {
  const { printing } = useApp();
  const key = `${location.hash} ${name}`;
  const [, redraw] = useState(0);
  const limit = printing ? Infinity : (shownBefore.get(key) ?? first);
  const all = rows.length;
  const part = Array.prototype.slice.call(rows, 0, Math.min(all, limit)) as T[];
  const show = (limit: number) => (event: MouseEvent) =>
    drawMore(event.currentTarget as HTMLElement, () => {
      shownBefore.set(key, limit);
      redraw((times) => times + 1);
    });
  const left = all - part.length;
  const more = left > 0 && (
    <p class="more">
      <span>
        {number(part.length)} of {number(all)} shown
      </span>
      <button type="button" class="quiet" onClick={show(limit + MORE)}>
        Show {number(Math.min(MORE, left))} more
      </button>
      {left > MORE && left <= 5000 && (
        <button type="button" class="quiet" onClick={show(all)}>
          Show all {count(all, "row")}
        </button>
      )}
    </p>
  );
  return { rows: part, more };
}
