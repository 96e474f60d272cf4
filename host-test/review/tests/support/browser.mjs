// Debian's Chromium, driven through playwright-core. It gets no network.
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts a browser. `fresh` returns an empty profile in place of the one before, and `close` ends all. */
export async function browser(options = {}) {
  const started = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: ARGUMENTS,
  });
  let context;
  const fresh = async () => {
    await context?.close();
    context = await started.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    return context;
  };
  return { context: await fresh(), fresh, close: () => started.close() };
}

/** Opens a file at a place in it, and waits until everything is counted. */
export async function show(page, file, hash = "") {
  await page.goto("about:blank");
  await page.goto(`${pathToFileURL(file)}${hash}`);
  await until(page, "everything is counted", () => document.documentElement.dataset.ready === "true");
}

/** Goes to another place in the file that is open, and waits until it is drawn. */
export async function visit(page, hash) {
  await page.evaluate(async (hash) => {
    const before = location.href;
    // The page's own listener was there first, so the place is drawn when this one is called.
    const changed = new Promise((resolve) => addEventListener("hashchange", resolve, { once: true }));
    location.hash = hash;
    if (location.href !== before) await changed;
    // Some of it is only done behind the next frame.
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  }, hash);
}

/** Does something that leads to another place in the open file, and waits until that is drawn. */
export async function moves(page, act) {
  await page.evaluate(() => {
    window.moved = new Promise((resolve) => addEventListener("hashchange", () => resolve(), { once: true }));
  });
  await act();
  await page.evaluate(() => window.moved);
}

/** Waits for a fact on the page. If it doesn't come, the error says which, and what there was instead. */
export async function until(page, words, fact, argument) {
  try {
    await page.waitForFunction(fact, argument);
  } catch (error) {
    const there = await page.evaluate(() => ({
      address: location.hash,
      title: document.title,
      focus: document.activeElement?.outerHTML.slice(0, 100),
      said: document.querySelector(".said")?.textContent,
    }));
    throw new Error(`It never came that ${words}. There was ${JSON.stringify(there)}.`, { cause: error });
  }
}
