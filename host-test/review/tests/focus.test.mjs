// A reader with only a keyboard never loses their place. The page itself looks what has the focus right behind each
// change: no key can come before that, and so it doesn't matter how busy the machine is.
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { show, until, visit } from "./support/browser.mjs";
import { decide } from "./support/deciding.mjs";
import { grantsOf, together } from "./support/decode.mjs";
import { suite } from "./support/setup.mjs";

const setup = suite({ made: "small" });
let page;
let grants;

/** Notes from now on each change behind which nothing has the focus, and dialogs that come closed. */
const watch = () =>
  page.evaluate(() => {
    window.faults = [];
    new MutationObserver((records) => {
      const on = document.activeElement;
      const gone = records.flatMap(({ removedNodes }) => [...removedNodes].map(({ nodeName }) => nodeName));
      if (on === document.body) window.faults.push(`nothing has the focus, without ${gone}`);
      const came = records.flatMap(({ addedNodes }) => [...addedNodes]);
      if (came.some((one) => one.nodeName === "DIALOG" && !one.open)) window.faults.push("a closed dialog");
    }).observe(document, { childList: true, subtree: true });
  });
const noFaults = async (where) => assert.deepEqual(await page.evaluate(() => window.faults), [], where);
/** Sets the focus on a control, and presses a key there. */
async function press(control, key = "Enter") {
  await control.focus();
  await page.keyboard.press(key);
}
const dialog = () => page.getByRole("dialog");
const rows = () => page.locator("main tbody tr:has(.decide)");
const label = () =>
  page.evaluate(() => {
    const on = document.activeElement;
    if (on === document.body) return "nothing";
    return (on.getAttribute("aria-label") ?? on.textContent).trim();
  });

beforeEach(async () => {
  page = await setup.fresh();
  grants = grantsOf(setup.data).filter(({ person }) => person >= 0);
});

describe("the focus comes back from the dialog", () => {
  const ways = {
    "by Enter": async () => press(dialog().getByLabel("Your name")),
    "by its button": async () => press(dialog().locator("button.main")),
    "by Cancel": async () => press(dialog().getByRole("button", { name: "Cancel" })),
    "by Escape": async () => page.keyboard.press("Escape"),
    // The browser doesn't ask the page for the second time, if nothing happened between.
    "by Escape, again": async () => page.keyboard.press("Escape"),
  };
  test("to the button that opened it", async () => {
    await show(page, setup.file, `#/person/${grants[0].person}`);
    const button = rows().first().locator(".note-button");
    await button.focus();
    await watch();
    for (const [way, leave] of Object.entries(ways)) {
      await press(button);
      await dialog().waitFor();
      if (way === "by Enter") {
        await dialog().getByRole("radio", { name: "Keep" }).press("Space");
        await dialog().getByLabel("Your name").pressSequentially("Kim");
      }
      await leave();
      await dialog().waitFor({ state: "detached" });
      await until(page, `the focus is on the button again, ${way}`, () =>
        document.activeElement.matches("tr:first-child .note-button"),
      );
      await noFaults(way);
    }
    assert.equal(await rows().first().locator(".keep[aria-pressed=true]").count(), 1);
  });
  test("to the heading, where that button is gone meanwhile", async () => {
    await show(page, setup.file, `#/person/${grants[0].person}`);
    await press(rows().first().locator(".note-button"));
    await dialog().waitFor();
    await visit(page, "#/people");
    await page.keyboard.press("Escape");
    await dialog().waitFor({ state: "detached" });
    await until(page, "the heading has the focus", () => document.activeElement.id === "title");
  });
});

describe("the focus goes to what is next", () => {
  /** Decides to revoke three grants, and opens the list of them. */
  async function three() {
    const on = grants.find(({ onKind }) => onKind === "group").on;
    await show(page, setup.file, `#/group/${on}`);
    for (let i = 0; i < 3; i++) await decide(page, rows().nth(i), "Revoke");
    await visit(page, "#/decisions");
    assert.equal(await rows().count(), 3);
  }
  const table = () => page.locator("main table:has(.revoke[aria-pressed=true])");
  test("where a decision takes the row out of the list", async () => {
    await three();
    const second = await rows().nth(1).getByRole("rowheader").innerText();
    await rows().first().getByRole("button", { name: "Keep" }).focus();
    await watch();
    await page.keyboard.press("Enter");
    await until(
      page,
      "the same button of the next row has the focus",
      (second) => {
        const row = document.activeElement.closest("tr");
        return document.activeElement.matches(".keep") && row.querySelector("th").innerText === second;
      },
      second,
    );
    // The dialog takes a row away too.
    await press(table().locator(".note-button").last());
    await dialog().getByRole("radio", { name: "Ask" }).press("Space");
    await press(dialog().getByLabel("Your name"));
    await dialog().waitFor({ state: "detached" });
    assert.match(await label(), /note$/, "the last row is gone: the one before it is next");
    await press(table().getByRole("button", { name: "Keep" }));
    await table().waitFor({ state: "detached" });
    assert.equal(await page.evaluate(() => document.activeElement.closest("main") !== null), true);
    await noFaults();
  });
  test("where a button takes itself away", async () => {
    await three();
    await watch();
    // The message gives it back to where it came from.
    const keep = () =>
      until(page, "the focus is back in the list", () =>
        document.activeElement.matches("tr:first-child .keep"),
      );
    await rows().first().getByRole("button", { name: "Keep" }).focus();
    await press(page.locator(".said").getByRole("button", { name: "Undo" }));
    await keep();
    await press(page.getByRole("button", { name: "Close this message" }));
    await page.locator(".toast").waitFor({ state: "detached" });
    await keep();
    const undo = page.getByRole("button", { name: "Undo the last one" });
    while ((await undo.count()) > 0) await press(undo);
    await noFaults();
    const group = together(grants).map(([grant]) => grant.reason);
    const most = [...new Set(group)].sort(
      (a, b) => group.filter((one) => one === b).length - group.filter((one) => one === a).length,
    )[0];
    await visit(page, `#/thing/${grants.find(({ reason }) => reason === most).on}`);
    const more = page.locator(".reason .more button").first();
    assert.ok((await more.count()) > 0, "the data has a list that isn't shown whole");
    let shown;
    for (; (await more.count()) > 0; await press(more))
      shown = await page.locator(".reason table").first().locator("tbody tr").count();
    await until(
      page,
      "the first row that is new has the focus",
      (shown) => document.activeElement.closest("tbody tr")?.sectionRowIndex === shown,
      shown,
    );
    await noFaults("a list that is shown whole now");
  });
  test("where a message goes by itself, unless the reader is at it", async () => {
    await three();
    const later = () => page.evaluate(() => window.someSecondsLater());
    const toast = page.locator(".toast");
    await watch();
    await toast.getByRole("button", { name: "Undo" }).focus();
    await later();
    assert.equal(await toast.count(), 1, "a message that has the focus stays");
    await rows().first().getByRole("button", { name: "Keep" }).focus();
    await toast.hover();
    await later();
    assert.equal(await toast.count(), 1, "a message under the pointer stays");
    await page.mouse.move(0, 0);
    await later();
    await toast.waitFor({ state: "detached" });
    await until(page, "the focus stays", () => document.activeElement.matches("tr .keep"));
    await noFaults();
  });
  test("but nothing is given the focus that the reader took away", async () => {
    await three();
    await rows().first().getByRole("button", { name: "Keep" }).focus();
    await page.evaluate(() => document.activeElement.blur());
    await page.evaluate(() => document.querySelector("tbody .keep").click());
    await until(
      page,
      "the row is gone",
      () => document.querySelectorAll("main tbody tr .revoke[aria-pressed=true]").length === 2,
    );
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "BODY");
  });
});

test("nothing went wrong", () => assert.deepEqual(setup.errors, []));
