// The file itself: what it is made of, and what it does where something is missing.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, test } from "node:test";
import { show } from "./support/browser.mjs";
import { encode, page } from "./support/encode.mjs";
import { suite } from "./support/setup.mjs";
import { small } from "./support/small.mjs";

const setup = suite();
const dist = () => readFile(new URL("../dist/review.html", import.meta.url), "utf8");

describe("the built page", () => {
  test("is what the sources make", () => {
    execFileSync(process.execPath, [new URL("../build.mjs", import.meta.url).pathname, "--check"]);
  });
  test("has one place for the data, and a policy for exactly its script and its style", async () => {
    const html = await dist();
    assert.equal(html.split("@DATA@").length, 2);
    assert.equal(html.split("@DIGEST@").length, 2);
    const [, policy] = /Content-Security-Policy" content="([^"]*)"/.exec(html);
    const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    const [, style] = /<style>([^]*?)<\/style>/.exec(html);
    const [, script] = /<script>([^]*?)<\/script>/.exec(html);
    const directives = policy.split("; ");
    for (const directive of [
      "default-src 'none'",
      `script-src ${hash(script)}`,
      `style-src ${hash(style)}`,
      "img-src data:",
      "base-uri 'none'",
      "form-action 'none'",
    ]) {
      assert.ok(directives.includes(directive), directive);
    }
    assert.doesNotMatch(html, /unsafe|https?:\/\/(?!www\.w3\.org)/);
    assert.doesNotMatch(html, / style=| on[a-z]+="/);
  });
  test("holds the licence of what is in it", async () => {
    assert.match(await dist(), /MIT License[^]*Jason Miller/);
  });
});

describe("the file", () => {
  test("says what it needs where there are no scripts", async () => {
    const context = await setup.context.browser().newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(pathToFileURL(setup.file).href);
    const text = await page.locator("body").innerText();
    assert.match(text, /needs JavaScript/);
    assert.doesNotMatch(text, /Opening/);
    await context.close();
  });
  test("says so if it was cut short", async () => {
    const html = await readFile(setup.file, "utf8");
    const [, data] = /@?data-digest="[^"]*">([^<]*)</.exec(html);
    for (const broken of [data.slice(0, data.length - (data.length % 4) - 400), "", "H4sI", data.slice(4)]) {
      const path = join(setup.folder, "cut.html");
      await writeFile(
        path,
        html.replace(data, () => broken),
      );
      const page = await setup.context.newPage();
      await page.goto(pathToFileURL(path).href);
      await page.getByRole("heading", { name: "The review can't be opened" }).waitFor();
      await page.close();
    }
  });
  test("shows the rest if a part of it can't be understood", async () => {
    const company = small();
    for (const reason of company.reasons) reason.basis = { map: null };
    const path = join(setup.folder, "odd.html");
    await writeFile(path, await page(encode(company)));
    const tab = await setup.context.newPage();
    await show(tab, path, "#/person/0");
    await tab.getByRole("heading", { name: "This part of the review can't be shown" }).waitFor();
    await tab.getByRole("link", { name: "People" }).click();
    await tab.getByRole("heading", { name: /45 people/ }).waitFor();
    await tab.close();
  });
  test("opens where base64 has to be decoded in slices", async () => {
    const page = await setup.open();
    await page.addInitScript(() => delete Uint8Array.fromBase64);
    await show(page, setup.file);
    assert.match(await page.locator("main").innerText(), new RegExp(setup.data.digest));
    await page.close();
  });
});
