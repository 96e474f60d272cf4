import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { show, visit } from "./support/browser.mjs";
import { grantsOf } from "./support/decode.mjs";
import { ATTACKS } from "./support/hostile.mjs";
import { plain, suite, VIEWS } from "./support/setup.mjs";

const setup = suite({ made: "hostile" });

/** Fails if a text ran, or became an element. */
async function unharmed(page, where) {
  assert.equal(await page.evaluate(() => window.canary), undefined, where);
  const elements = await page.evaluate(() => ({
    foreign: document.querySelectorAll("img, iframe, object, embed, base, [onload], [onerror], [onmouseover]")
      .length,
    scripts: document.querySelectorAll("script").length,
    links: [...document.querySelectorAll("a")].filter(
      (a) => !/^(#|blob:)/.test(a.getAttribute("href") ?? "#"),
    ).length,
    styles: document.querySelectorAll("style, link[rel=stylesheet]").length,
    attributes: document.querySelectorAll("[style]").length,
  }));
  assert.deepEqual(elements, { foreign: 0, scripts: 2, links: 0, styles: 1, attributes: 0 }, where);
}

describe("hostile texts run nothing", () => {
  test("on the page of everything", async () => {
    const { page, data, file } = setup;
    const { column } = data;
    await show(page, file);
    const pages = [...VIEWS];
    for (let i = 0; i < 6; i++) pages.push(`#/person/${i}`);
    column("resource.kind").forEach(
      (kind, row) => data.head.kinds[kind].person || pages.push(`#/thing/${row}`),
    );
    for (const { id } of data.head.findings) pages.push(`#/finding/${id}`);
    for (const attack of ATTACKS)
      pages.push(
        `#/search/${encodeURIComponent(attack)}`,
        `#/finding/${encodeURIComponent(attack)}`,
        `#/${attack}`,
      );
    for (const hash of pages) {
      await visit(page, hash);
      await page.evaluate(() => {
        document.querySelectorAll("details").forEach((one) => (one.open = true));
        document.querySelectorAll("[aria-expanded=false]").forEach((one) => one.click());
      });
      await unharmed(page, hash);
    }
  });
  test("they are shown as they are, but for signs that turn text around", async () => {
    const { page, data } = setup;
    await visit(page, "#/person/0");
    const name = data.column("person.name")[0];
    assert.equal(plain(await page.locator("h1").innerText()), plain(name));
    const turned = data.column("person.name").findIndex((name) => name.includes("\u202e"));
    assert.ok(turned >= 0);
    await visit(page, `#/person/${turned}`);
    const heading = await page.locator("h1").innerText();
    assert.doesNotMatch(heading + (await page.title()), /[\u202a-\u202e\u0000-\u0008]/);
    assert.match(heading, /\ufffdevil\ufffd/);
  });
  test("in notes, names of reviewers, and files that are opened", async () => {
    const { page, data } = setup;
    const attack = ATTACKS.join(" ");
    await visit(page, "#/person/0");
    await page.getByRole("button", { name: "Add a note" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("radio", { name: "Revoke" }).check();
    await dialog.getByLabel("Note").fill(attack);
    await dialog.getByLabel("Your name").fill(ATTACKS[0]);
    await dialog.locator("button.main").click();
    await dialog.waitFor({ state: "detached" });
    await unharmed(page, "a decision");
    await visit(page, "#/decisions");
    await unharmed(page, "the decisions");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save decisions" }).click(),
    ]);
    const path = join(setup.folder, "hostile.json");
    await download.saveAs(path);
    assert.equal(JSON.parse(await readFile(path, "utf8")).decisions[0].note, attack.replace(/\r/g, ""));
    await page.locator("input[type=file]").setInputFiles(path);
    const take = page.getByRole("button", { name: /^Take 1/ });
    await take.click();
    await take.waitFor({ state: "detached" });
    await unharmed(page, "an opened file");
    assert.ok(grantsOf(data).length > 0);
  });
  test("the policy of the page lets nothing in, even if something got into it", async () => {
    const page = await setup.context.newPage();
    await show(page, setup.file);
    // The image and the style. The others are refused before they are requests.
    const failed = Promise.all(
      ["image", "style.css"].map((name) =>
        page.waitForEvent("requestfailed", (request) => request.url() === `https://canary.example/${name}`),
      ),
    );
    const finished = [];
    page.on("requestfinished", (request) => finished.push(request.url()));
    const outcome = await page.evaluate(async () => {
      const script = document.createElement("script");
      let refused = "";
      try {
        script.textContent = "window.canary = 'script'";
      } catch (error) {
        refused = error.name;
      }
      let markup = "";
      try {
        document.body.innerHTML = "<b>markup</b>";
      } catch (error) {
        markup = error.name;
      }
      const image = new Image();
      image.src = "https://canary.example/image";
      const link = document.createElement("link");
      link.rel = "stylesheet";
      link.href = "https://canary.example/style.css";
      const frame = document.createElement("iframe");
      frame.src = "https://canary.example/frame";
      document.body.append(image, link, frame);
      const fetched = await fetch("https://canary.example/").then(
        () => "fetched",
        (error) => error.name,
      );
      let evaluated = "";
      try {
        // The page's own realm, not that of the driver.
        window.setTimeout("window.canary = 'timeout'");
      } catch (error) {
        evaluated = error.name;
      }
      // A timer of the same length that was set later runs later.
      await new Promise((resolve) => setTimeout(resolve));
      return {
        refused,
        markup,
        fetched,
        evaluated: evaluated !== "" || window.canary === undefined,
        canary: window.canary,
      };
    });
    assert.deepEqual(outcome, {
      refused: "TypeError",
      markup: "TypeError",
      fetched: "TypeError",
      evaluated: true,
      canary: undefined,
    });
    for (const request of await failed) assert.match(request.failure().errorText, /csp/i, request.url());
    assert.deepEqual(finished, []);
    await page.close();
  });
  test("nothing asked the network or the reader, and nothing went wrong", () => {
    assert.deepEqual(setup.requests, []);
    assert.deepEqual(setup.dialogs, []);
    assert.deepEqual(setup.errors, []);
  });
});
