import { until } from "./browser.mjs";
import { shown } from "./setup.mjs";

/** Waits until the page shows what it found for a text. The results of the text before may still be there. */
export const searched = (page, text) =>
  until(
    page,
    `the results for “${text}” are shown`,
    (text) => document.querySelector("#results h1")?.textContent === text,
    shown(text),
  );
