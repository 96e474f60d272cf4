// A browser and a file for a suite of tests. The file is that in the variable REVIEW_HTML, or a made-up one.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before } from "node:test";
import { browser } from "./browser.mjs";
import { decode } from "./decode.mjs";
import { make } from "./made.mjs";

/**
 * Prepares what a suite needs. `made` is the data to make up, in place of a file that is given. `fresh` goes on in
 * a browser that has kept nothing.
 */
export function suite({ made, options } = {}) {
  const setup = { requests: [], errors: [], dialogs: [] };
  let close;
  let folder;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "review-file-"));
    const given = made ? undefined : process.env.REVIEW_HTML;
    setup.file = given ? resolve(given) : await make(made ?? "small", join(folder, "review.html"));
    setup.data = decode(setup.file);
    setup.folder = folder;
    const started = await browser(options);
    close = started.close;
    setup.context = started.context;
    setup.open = () => watched(setup);
    setup.page = await setup.open();
    setup.fresh = async () => {
      setup.context = await started.fresh();
      return (setup.page = await setup.open());
    };
  });
  after(async () => {
    await close?.();
    await rm(folder, { recursive: true, force: true });
  });
  return setup;
}

/** The addresses of the views that every review has. */
export const VIEWS = [
  "#/",
  ...["people", "applications", "groups", "roles", "other", "findings", "since", "decisions"].map(
    (view) => `#/${view}`,
  ),
];

/** Opens a tab in which everything is noted that must not happen. */
async function watched(setup) {
  const page = await setup.context.newPage();
  // A message goes by itself after some seconds, which a busy machine may need: here a test says when it goes.
  await page.addInitScript(() => {
    window.setInterval = (act) => {
      window.someSecondsLater = act;
      return 0;
    };
  });
  page.on("request", (request) => {
    if (!/^(file|about|data|blob):/.test(request.url())) setup.requests.push(request.url());
  });
  page.on("pageerror", (error) => setup.errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && setup.errors.push(message.text()));
  page.on("dialog", (dialog) => {
    setup.dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  return page;
}

/** The form of a stranger's text on the page. */
export const shown = (text) =>
  text.replace(/[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (sign) =>
    sign === "\n" || sign === "\t" ? " " : "\ufffd",
  );

/** Makes a text as a browser shows it: white space in a row is one space. */
export const plain = (text) => shown(text).replace(/\s+/g, " ").trim();
