// Everybody can use it: by keyboard, with a screen reader, on a small screen, in the dark.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import { moves, show, until, visit } from "./support/browser.mjs";
import { grantsOf } from "./support/decode.mjs";
import { decide } from "./support/deciding.mjs";
import { searched } from "./support/searching.mjs";
import { suite, VIEWS } from "./support/setup.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
// The policy would keep axe out, which builds elements from texts.
const setup = suite({ options: { bypassCSP: true } });
const ADDRESS = { app: "application", group: "group", role: "role" };

/** Every view, each with something in it where the data has that. */
function views() {
  const { head, column } = setup.data;
  const grants = grantsOf(setup.data);
  const kinds = column("resource.kind").map((kind) => head.kinds[kind].id);
  const all = [...VIEWS, "#/search/a", "#/search/nothing%20at%20all", "#/nowhere"];
  for (const [kind, address] of Object.entries(ADDRESS)) {
    const held = grants.find(({ onKind }) => onKind === kind)?.on ?? kinds.indexOf(kind);
    if (held >= 0) all.push(`#/${address}/${held}`);
  }
  for (const kind of ["policy", "service-token", "user-group"]) {
    if (kinds.includes(kind)) all.push(`#/thing/${kinds.indexOf(kind)}`);
  }
  for (const table of ["resource", "grant", "person", "reason"]) {
    const finding = head.findings.find((one) => one.table === table && one.count > 0);
    if (finding) all.push(`#/finding/${finding.id}`);
  }
  all.push(`#/person/${grants.find(({ person }) => person >= 0).person}`);
  return all;
}

/**
 * The faults that axe finds. In the dark it looks only at colours, since the elements and their words are those
 * that it saw in the light.
 */
async function faults(page, colorScheme) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  const rules = colorScheme === "dark" ? { runOnly: ["color-contrast", "link-in-text-block"] } : {};
  const options = { resultTypes: ["violations"], preload: false, ...rules };
  const { violations, passes } = await page.evaluate((options) => window.axe.run(document, options), options);
  assert.ok(
    passes.some(({ id }) => id === "color-contrast"),
    "axe looked at colours",
  );
  return violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}: ${nodes
        .slice(0, 3)
        .map(({ html }) => html)
        .join(" | ")}`,
  );
}

describe("axe finds nothing", () => {
  for (const colorScheme of ["light", "dark"]) {
    for (const [size, viewport] of [
      ["large", { width: 1280, height: 900 }],
      ["small", { width: 390, height: 800 }],
    ]) {
      test(`${colorScheme}, on a ${size} screen`, async () => {
        const { page } = setup;
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize(viewport);
        await show(page, setup.file);
        for (const hash of views()) {
          await visit(page, hash);
          assert.deepEqual(await faults(page, colorScheme), [], hash);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(wide <= 0, `${hash} is ${wide} pixels wider than the screen`);
        }
      });
    }
  }
  test("with paths drawn, decisions made, and the dialog open", async () => {
    const { page } = setup;
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width: 1280, height: 900 });
      await show(page, setup.file, views().at(-1));
      await page.getByRole("button", { name: "Draw the paths" }).click();
      await page.locator(".path svg").first().waitFor();
      const rows = page.locator("tbody tr:has(.decide)");
      await rows.first().getByRole("button", { name: /note$/ }).click();
      await page.getByRole("dialog").waitFor();
      assert.deepEqual(await faults(page, colorScheme), [], "the dialog");
      await page.getByRole("button", { name: "Cancel" }).click();
      await page.getByRole("dialog").waitFor({ state: "detached" });
      for (const [place, choice] of ["Keep", "Revoke", "Ask"].entries()) {
        const row = rows.nth(place);
        if (colorScheme === "light" && (await row.count()) > 0) await decide(page, row, choice);
      }
      assert.deepEqual(await faults(page, colorScheme), [], "decided");
      await visit(page, "#/decisions");
      assert.deepEqual(await faults(page, colorScheme), [], "the decisions");
    }
  });
});

test("the dark mode is dark, and the light one light", async () => {
  const { page } = setup;
  const brightness = () =>
    page.evaluate(() => {
      const [r, g, b] = getComputedStyle(document.documentElement)
        .backgroundColor.match(/[\d.]+/g)
        .map(Number);
      return (r + g + b) / 3;
    });
  await page.emulateMedia({ colorScheme: "dark" });
  assert.ok((await brightness()) < 60);
  await page.emulateMedia({ colorScheme: "light" });
  assert.ok((await brightness()) > 200);
});

test("nothing moves for those who don't want it", async () => {
  const { page } = setup;
  await page.emulateMedia({ reducedMotion: "reduce" });
  await show(page, setup.file, "#/people");
  const moving = await page.evaluate(
    () =>
      [...document.querySelectorAll("*")].filter((one) => {
        const style = getComputedStyle(one);
        return style.transitionDuration !== "0s" || style.animationName !== "none";
      }).length,
  );
  assert.equal(moving, 0);
  await page.emulateMedia({ reducedMotion: null });
});

describe("the keyboard alone", () => {
  const focused = (page) =>
    page.evaluate(() => {
      const on = document.activeElement;
      return {
        tag: on.tagName,
        id: on.id,
        text: (on.getAttribute("aria-label") ?? on.textContent).trim(),
        pressed: on.getAttribute("aria-pressed"),
      };
    });
  /** Waits until an element of the kind has the focus. */
  const on = (page, selector, words) =>
    until(page, words, (selector) => document.activeElement.matches(selector), selector);
  /** Presses Tab until the focus is where it should be. */
  async function tabTo(page, is, words) {
    for (let i = 0; i < 300; i++) {
      const on = await focused(page);
      if (is(on)) return on;
      await page.keyboard.press("Tab");
    }
    throw new Error(`Tab never came to ${words}`);
  }
  test("finds a person, decides, undoes, and comes back", async () => {
    const page = await setup.fresh();
    await show(page, setup.file);
    const grant = grantsOf(setup.data).find(({ person }) => person >= 0);
    const address = setup.data.column("person.address")[grant.person];

    await page.keyboard.press("Tab");
    await on(page, ".skip", "the first Tab leads to the link that skips");
    await page.keyboard.press("Enter");
    await on(page, "#title", "that link leads to the heading");

    await page.keyboard.press("/");
    await on(page, "input[type=search]", "the key / leads to the search");
    await page.keyboard.type(address);
    await searched(page, address);
    await page.keyboard.press("ArrowDown");
    await on(page, "#results a", "the arrow leads to the results");
    await moves(page, () => page.keyboard.press("Enter"));
    assert.equal(new URL(page.url()).hash, `#/person/${grant.person}`);
    await on(page, "#title", "the heading of the person has the focus");

    await tabTo(page, ({ text, pressed }) => text === "Keep" && pressed === "false", "Keep");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await tabTo(page, ({ tag }) => tag === "TEXTAREA", "the note");
    await page.keyboard.type("by keyboard");
    await page.keyboard.press("Tab");
    await page.keyboard.type("Kim");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await on(page, "button.keep[aria-pressed=true]", "the focus comes back to the button");
    await page.locator("main").getByText("by keyboard").waitFor();
    await tabTo(page, ({ text }) => text === "Undo", "Undo");
    await page.keyboard.press("Enter");
    await until(page, "it is undone", () => document.querySelector("main [aria-pressed=true]") === null);

    // The browser's own key for this isn't there without a window.
    await moves(page, () => page.goBack());
    await page.locator("#results").waitFor();
  });
  test("shows where the focus is", async () => {
    const { page } = setup;
    await show(page, setup.file, views().at(-1));
    for (let i = 0; i < 30; i++) {
      await page.keyboard.press("Tab");
      const visible = await page.evaluate(() => {
        const on = document.activeElement;
        const style = getComputedStyle(on);
        const shape = on.querySelector("rect") ? getComputedStyle(on.querySelector("rect")) : undefined;
        return style.outlineStyle !== "none" || shape?.strokeWidth === "3px" || on.tagName === "BODY";
      });
      assert.ok(visible, JSON.stringify(await focused(page)));
    }
  });
});

describe("what a screen reader tells", () => {
  test("landmarks, one heading of the first level, and the number of results", async () => {
    const { page } = setup;
    await show(page, setup.file);
    for (const hash of views()) {
      await visit(page, hash);
      assert.equal(await page.getByRole("main").count(), 1, hash);
      assert.equal(await page.getByRole("navigation").count(), 1, hash);
      assert.equal(await page.getByRole("search").count(), 1, hash);
      assert.equal(await page.getByRole("heading", { level: 1 }).count(), 1, hash);
      assert.match(await page.title(), /Access review/);
      for (const picture of await page.locator("main svg:not([aria-hidden])").all()) {
        const name = await picture.getAttribute("aria-label");
        assert.ok(name && name.length > 10, `${hash}: a picture without words`);
      }
    }
  });
  test("rows and cells of tables, also on a small screen", async () => {
    const { page } = setup;
    await page.setViewportSize({ width: 390, height: 800 });
    await show(page, setup.file, "#/people");
    const size = Math.min(100, setup.data.column("person.address").length);
    assert.equal(await page.getByRole("table").getByRole("row").count(), size + 1);
    assert.equal(await page.getByRole("columnheader").count(), 5);
    assert.equal(await page.getByRole("rowheader").count(), size);
    // Some browsers forget what a part of a table is if it is shown in another way, unless it says so.
    const parts = ["table", "thead", "tbody", "tr", "th", "td"].map((part) => `${part}:not([role])`);
    assert.equal(await page.locator(parts.join()).count(), 0);
    await page.setViewportSize({ width: 1280, height: 900 });
  });
});

test("nothing went wrong", () => assert.deepEqual(setup.errors, []));
