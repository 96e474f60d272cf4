// Builds dist/review.html: one file with the page's code and style, and places for the data. `--check` only
// says whether the file is what this makes.
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const here = (path) => new URL(path, import.meta.url);
const options = {
  bundle: true,
  minify: true,
  write: false,
  charset: "utf8",
  legalComments: "none",
  target: "es2022",
};

async function bundled(entry, more = {}) {
  const { outputFiles } = await build({ ...options, ...more, entryPoints: [here(entry).pathname] });
  return outputFiles[0].text.trim();
}

const script = await bundled("src/main.tsx", {
  format: "iife",
  jsx: "automatic",
  jsxImportSource: "preact",
});
const style = await bundled("style/main.css");
if (/<\/script|<!--/i.test(script))
  throw new Error("The script would end early, or begin a comment of HTML.");
if (/<\/style/i.test(style)) throw new Error("The style would end early.");
if (/\r/.test(script + style))
  throw new Error("A browser would read another text than the one that was hashed.");

const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
const policy = [
  "default-src 'none'",
  `script-src ${hash(script)}`,
  `style-src ${hash(style)}`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  // Nothing can make code or markup out of text, whatever the script does.
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const licence = await readFile(here("node_modules/preact/LICENSE"), "utf8");
const parts = {
  "@POLICY@": policy,
  "@STYLE@": style,
  "@SCRIPT@": script,
  "@LICENCE@": licence.trim().replaceAll("--", "—"),
};
const template = await readFile(here("src/page.html"), "utf8");
const page = template.replace(/@(POLICY|STYLE|SCRIPT|LICENCE)@/g, (place) => parts[place]);
for (const place of ["@DATA@", "@DIGEST@"]) {
  if (page.split(place).length !== 2) throw new Error(`${place} has to be in the page once.`);
}

const target = here("dist/review.html");
if (process.argv.includes("--check")) {
  const committed = await readFile(target, "utf8").catch(() => "");
  if (committed !== page) {
    console.error("dist/review.html isn't what the sources make: run `npm run build`, and commit the file.");
    process.exit(1);
  }
  console.log("dist/review.html is what the sources make.");
} else {
  await mkdir(here("dist/"), { recursive: true });
  await writeFile(target, page);
  console.log(`dist/review.html: ${Math.round(page.length / 1024)} KiB`);
}
