// Measures the page with 50,000 people and a million grants: `npm run measure`, or `npm run measure FILE`.
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { browser } from "./support/browser.mjs";
import { make } from "./support/made.mjs";

const TIMES = 5;
const folder = await mkdtemp(join(tmpdir(), "review-measure-"));
const file = process.argv[2] ?? (await make("large", join(folder, "large.html")));
console.log(`file: ${((await stat(file)).size / 1e6).toFixed(1)} MB`);
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const { context, close } = await browser();

const first = [];
const ready = [];
for (let i = 0; i < TIMES; i++) {
  const page = await context.newPage();
  await page.addInitScript(() => {
    // The first view is there in the frame behind the one in which its heading comes.
    const watch = () => {
      if (document.querySelector("#app h1"))
        requestAnimationFrame(() => (window.firstView = performance.now()));
      else requestAnimationFrame(watch);
    };
    requestAnimationFrame(watch);
  });
  await page.goto(pathToFileURL(file).href);
  await page.waitForFunction(() => window.firstView && document.documentElement.dataset.ready === "true");
  first.push(await page.evaluate(() => window.firstView));
  ready.push(await page.evaluate(() => performance.now()));
  await page.close();
}
console.log(`first view: ${Math.round(median(first))} ms (of ${TIMES}: ${first.map(Math.round).join(", ")})`);
console.log(`everything counted: ${Math.round(median(ready))} ms`);

const page = await context.newPage();
await page.goto(pathToFileURL(file).href);
await page.waitForFunction(() => document.documentElement.dataset.ready === "true");
/** The time from the event until the frame with its outcome is drawn. */
const timed = (act, argument) =>
  page.evaluate(
    async ([act, argument]) => {
      const begin = performance.now();
      if (act === "visit") location.hash = argument;
      else {
        const input = document.querySelector(".search input");
        input.value = argument;
        input.dispatchEvent(new Event("input", { bubbles: true }));
      }
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      return performance.now() - begin;
    },
    [act, argument],
  );
const keys = [];
for (const word of ["person.4999", "grace whitfield 1", "application 49", "novak", "corp3.example"]) {
  for (let end = 1; end <= word.length; end++) keys.push(await timed("type", word.slice(0, end)));
  await timed("visit", "#/");
}
console.log(
  `search: ${Math.round(median(keys))} ms a key, at most ${Math.round(Math.max(...keys))} ms (${keys.length} keys)`,
);
for (const hash of ["#/people", "#/person/77", "#/applications", "#/findings", "#/decisions", "#/groups"]) {
  console.log(`${hash}: ${Math.round(await timed("visit", hash))} ms`);
}
await timed("visit", "#/applications");
const widest = await page.evaluate(() => document.querySelector("tbody a").getAttribute("href"));
console.log(`${widest}: ${Math.round(await timed("visit", widest))} ms`);
const memory = await page.evaluate(() => performance.memory?.usedJSHeapSize ?? 0);
console.log(`memory of scripts: ${Math.round(memory / 1e6)} MB`);
await close();
await rm(folder, { recursive: true, force: true });
