import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { show, visit } from "./support/browser.mjs";
import { grantsOf, together } from "./support/decode.mjs";
import { plain, suite } from "./support/setup.mjs";

const setup = suite();

/** The text of the page as it is printed, and whether each part is. */
async function printed(page) {
  // The browser itself does this when it prints.
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  const result = await page.evaluate(() => ({
    text: document.body.innerText,
    shown: ["nav", ".top", ".choices", ".more", ".print-head"].map((one) =>
      [...document.querySelectorAll(one)].some((element) => element.checkVisibility()),
    ),
    ground: getComputedStyle(document.documentElement).backgroundColor,
    ink: getComputedStyle(document.body).color,
  }));
  await page.emulateMedia({ media: "screen" });
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  return { ...result, text: plain(result.text) };
}

describe("print", () => {
  test("what most people hold is printed whole, with the head and the digest", async () => {
    const { page, data } = setup;
    const grants = grantsOf(data);
    const counts = new Map();
    for (const { on } of grants) counts.set(on, (counts.get(on) ?? 0) + 1);
    const [on, count] = [...counts].sort((a, b) => b[1] - a[1])[0];
    await show(page, setup.file);
    await visit(page, `#/thing/${on}`);
    const { text, shown, ground, ink } = await printed(page);
    assert.deepEqual(shown, [false, false, false, false, true]);
    assert.ok(text.includes(data.digest) && text.includes(data.head.account.id));
    for (const { principal } of grants.filter((grant) => grant.on === on)) {
      const name = data.column("resource.name")[principal].trim() || data.column("resource.email")[principal];
      assert.ok(text.includes(plain(name)), name);
    }
    assert.ok(count > 0);
    assert.equal(ground, "rgba(0, 0, 0, 0)", "paper is white, also for a reader in the dark");
    assert.ok(Math.max(...ink.match(/\d+/g).map(Number)) < 60, ink);
    if (data.head.incomplete) {
      // The first ones. The overview has all of them.
      const grave = data.head.warnings.filter(({ incomplete }) => incomplete);
      for (const { message } of grave.slice(0, 5)) assert.ok(text.includes(plain(message)), message);
    }
  });
  test("a person is printed whole, with what was decided and room for the rest", async () => {
    const { page, data } = setup;
    const grants = grantsOf(data);
    const { person } = grants.find(({ person }) => person >= 0);
    const held = grants.filter((grant) => grant.person === person);
    await show(page, setup.file);
    await visit(page, `#/person/${person}`);
    await page.locator("main").getByRole("button", { name: "Revoke", exact: true }).first().click();
    await page.getByLabel("Your name").fill("Ann");
    await page.getByRole("dialog").getByLabel("Note").fill("has left");
    await page.getByRole("dialog").locator("button.main").click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    const { text } = await printed(page);
    assert.match(text, /Revoke, “has left” Ann/);
    assert.equal(text.split("☐ Keep").length - 1, together(held).length - 1);
    assert.match(text, /Reviewed by/);
  });
  test("a long list has a document of several pages", async () => {
    const { page, data } = setup;
    await show(page, setup.file, "#/people");
    const pdf = await page.pdf({ format: "A4" });
    const pages = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;
    assert.ok(pages >= Math.ceil(data.column("person.address").length / 40), `${pages} pages`);
  });
});

test("nothing went wrong", () => assert.deepEqual(setup.errors, []));
