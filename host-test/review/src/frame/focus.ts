const CONTROLS =
  "a[href], button:not(:disabled), input:not(:disabled), select, textarea, summary, [tabindex='0']";

/** Gives the focus to the heading of the page. */
export function focusTitle(): void {
  document.getElementById("title")?.focus({ preventScroll: true });
}

/** Whether nothing that a reader sees has the focus. */
export function isFocusLost(): boolean {
  const on = document.activeElement;
  return !(on instanceof Element) || on === document.body || on.closest("dialog:not([open])") !== null;
}

/**
 * Keeps the place of a reader who has only a keyboard. A browser gives the focus to nothing if the element that
 * has it is taken out of the page. Then a control near that place gets it, before another key can be pressed.
 */
export function keepPlace(root: HTMLElement): void {
  let last: Element | undefined;
  let label = "";
  // A range stays at the place of elements that are taken out.
  const place = document.createRange();
  const row = document.createRange();
  root.addEventListener("focusin", ({ target }) => {
    last = target as Element;
    label = labelOf(last);
    place.selectNode(last);
    row.selectNode(last.closest("tr") ?? last);
  });
  root.addEventListener("focusout", () => {
    // Whether the reader left it or it was taken out is only known behind the drawing that goes on now.
    queueMicrotask(() => {
      if (last?.isConnected && document.activeElement !== last) last = undefined;
    });
  });
  new MutationObserver(() => {
    if (!last || last.isConnected || !isFocusLost()) return;
    last = undefined;
    const next = near(row, label) ?? near(place);
    if (next) next.focus();
    else focusTitle();
  }).observe(root, { childList: true, subtree: true });
}

const labelOf = (control: Element): string =>
  (control.getAttribute("aria-label") ?? control.textContent ?? "").trim();

/** The control that comes next behind a place in its part of the page, or else the last one before it. */
function near(place: Range, label?: string): HTMLElement | undefined {
  const at = place.startContainer;
  const around = at instanceof Element ? at : at.parentElement;
  // A control with the same label is that of another row, and so in the same table.
  const part = around?.closest(label === undefined ? ".part, main" : "tbody");
  const controls = controlsIn(part).filter((one) => label === undefined || labelOf(one) === label);
  return controls.find((one) => place.comparePoint(one, 0) >= 0) ?? controls.at(-1);
}

/** The controls that are to be seen in a part of the page, in its order. */
const controlsIn = (part: Element | null | undefined): HTMLElement[] =>
  [...(part?.querySelectorAll<HTMLElement>(CONTROLS) ?? [])].filter((one) => one.getClientRects().length > 0);

/** Draws more of a list. If its button goes, since that was all, the first new control gets the focus. */
export function drawMore(button: HTMLElement, draw: () => void): void {
  const main = button.closest("main");
  const before = controlsIn(main);
  const last = before[before.indexOf(button) - 1];
  draw();
  queueMicrotask(() => {
    if (button.isConnected || !last) return;
    const now = controlsIn(main);
    now[now.indexOf(last) + 1]?.focus();
  });
}
