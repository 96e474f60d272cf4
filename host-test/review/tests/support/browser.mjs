// Debian's Chromium, driven through playwright-core. It gets no network.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

/** Starts a browser with a new, empty profile, and returns its context and what ends it. */
export async function browser(options = {}) {
  const folder = await mkdtemp(join(tmpdir(), "review-"));
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: ARGUMENTS,
    acceptDownloads: true,
    viewport: { width: 1280, height: 900 },
    ...options,
  });
  const close = async () => {
    await context.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { context, close };
}

/** Opens a file at a place in it, and waits until everything is counted. */
export async function show(page, file, hash = "") {
  await page.goto("about:blank");
  await page.goto(`${pathToFileURL(file)}${hash}`);
  await page.waitForFunction(() => document.documentElement.dataset.ready === "true");
}

/** Goes to another place in the file that is open, and waits until it is drawn. */
export async function visit(page, hash) {
  await page.evaluate(async (hash) => {
    location.hash = hash;
    for (let i = 0; i < 3; i++) await new Promise((resolve) => requestAnimationFrame(resolve));
  }, hash);
}
