// Draws the picture of README: `npm run picture -- REVIEW.html OUT.png`. It shows the application that most
// different rules open, as a reader sees it.
import { browser, show, visit } from "./support/browser.mjs";
import { decode, grantsOf } from "./support/decode.mjs";

const [file, out] = process.argv.slice(2);
const data = decode(file);
const apps = new Map();
for (const { on, onKind, reason } of grantsOf(data)) {
  if (onKind === "app") apps.set(on, (apps.get(on) ?? new Set()).add(reason));
}
const [most] = [...apps].sort((a, b) => b[1].size - a[1].size)[0];
const { context, close } = await browser({
  viewport: { width: 1280, height: 960 },
  colorScheme: "light",
  reducedMotion: "reduce",
});
const page = await context.newPage();
await show(page, file);
await visit(page, `#/application/${most}`);
await page.screenshot({ path: out });
await close();
