import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, test } from "node:test";
import { show, until, visit } from "./support/browser.mjs";
import { decide as press, decideWithNote } from "./support/deciding.mjs";
import { grantsOf, together } from "./support/decode.mjs";
import { plain, suite } from "./support/setup.mjs";

const setup = suite();
let grants;
let page;
const REVIEWER = "Ann Reviewer";

const main = () => page.locator("main");
const dialog = () => page.getByRole("dialog");

/** Goes on in a browser that has kept no decisions. */
async function forget() {
  page = await setup.fresh();
  await show(page, setup.file);
}
/** Confirms what the dialog asks. */
async function confirm(name) {
  if (name) await dialog().getByLabel("Your name").fill(name);
  await dialog().locator("button.main").click();
  await dialog().waitFor({ state: "detached" });
}
/** Waits until so many choices of a kind are made on the page. */
const pressed = (number, kind = "") =>
  until(
    page,
    `${number} choices ${kind} are made on the page`,
    ([number, kind]) =>
      document.querySelectorAll(`main .decide ${kind}[aria-pressed=true]`).length === number,
    [number, kind],
  );
const decided = (number) =>
  main()
    .getByText(new RegExp(`^${number} of [\\d,]+ grants are decided`))
    .waitFor();

/** The choices for one grant on the page of its person. */
async function choices(grant) {
  await visit(page, `#/person/${grant.person}`);
  const name = setup.data.column("resource.name")[grant.on].trim();
  const rows = main().locator("tbody tr");
  const mine = grants.filter(({ person }) => person === grant.person);
  // Rows stand by sections, and within one in the order of the file.
  const order = ["app", "group", "role", "user-group", "scoped-role"];
  const section = ({ onKind }) => Math.min(2, order.indexOf(onKind));
  const lines = together(mine.sort((a, b) => section(a) - section(b) || a.row - b.row));
  const place = lines.findIndex((line) => line.includes(grant));
  const row = rows.nth(place);
  if (name) assert.ok(plain(await row.innerText()).includes(plain(name)), name);
  return row;
}
async function decide(grant, choice, note) {
  const row = await choices(grant);
  if (note === undefined) await press(page, row, choice, REVIEWER);
  else await decideWithNote(page, row, choice, note, REVIEWER);
}
async function saved(name) {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    main().getByRole("button", { name }).click(),
  ]);
  const path = join(setup.folder, download.suggestedFilename());
  await download.saveAs(path);
  return [path, await readFile(path, "utf8")];
}
const pick = (revocable) => {
  const alone = together(grants).filter((line) => line.length === 1);
  const found = alone.flat().filter((grant) => grant.revocable === revocable);
  assert.ok(found.length > 1, `the data has grants with revocable ${revocable}`);
  return found;
};

describe("decisions", () => {
  beforeEach(async () => {
    grants = grantsOf(setup.data).filter(({ person }) => person >= 0);
    await forget();
  });

  test("revokes become lines of apply, and the others stand apart", async () => {
    const [first, second] = pick(true);
    const elsewhere = pick(false)[0];
    await decide(first, "Revoke");
    await decide(second, "Revoke");
    await decide(elsewhere, "Revoke", '=1+1, "left"');
    await visit(page, "#/decisions");
    const [, changes] = await saved("Export revokes");
    const lines = changes
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines,
      [first, second].sort((a, b) => a.row - b.row).map(({ line }) => line),
    );
    const [, table] = await saved("Export the list");
    const [head, row, ...rest] = table.trimEnd().split("\r\n");
    assert.match(head, /"change instead"/);
    assert.ok(row.includes(elsewhere.instead.replaceAll('"', '""')), row);
    assert.deepEqual(rest, []);
    assert.ok(plain(await main().innerText()).includes(plain(elsewhere.instead)));
    // Nobody's browser runs what a table begins with.
    assert.ok(row.includes(`"'=1+1, ""left"""`), row);
    assert.doesNotMatch(table, /(^|,)"[=+@-]/m);
  });
  test("are kept, saved, and opened again", async () => {
    const [first] = pick(true);
    const [second] = pick(false);
    await decide(first, "Keep", "needs it");
    await decide(second, "Ask");
    await show(page, setup.file, "#/decisions");
    await decided(2);
    const [path, text] = await saved("Save decisions");
    const file = JSON.parse(text);
    assert.equal(file.format, "access-review-decisions/1");
    assert.equal(file.data, setup.data.digest);
    assert.equal(file.account, setup.data.head.account.id);
    assert.ok(Date.parse(file.saved) > 0);
    const expected = [
      [first.id, "keep", "needs it", REVIEWER],
      [second.id, "ask", "", REVIEWER],
    ];
    const got = file.decisions.map(({ grant, decision, note, reviewer }) => [
      grant,
      decision,
      note,
      reviewer,
    ]);
    assert.deepEqual(got.sort(), expected.sort());
    assert.ok(file.decisions.every(({ time }) => Date.parse(time) > 0));

    await forget();
    await visit(page, "#/decisions");
    assert.match(await main().innerText(), /Nothing is decided yet/);
    await main().locator("input[type=file]").setInputFiles(path);
    await main().getByText("The file is about the same data").waitFor();
    await main().getByRole("button", { name: "Take 2 decisions" }).click();
    await decided(2);
    const [, again] = await saved("Save decisions");
    assert.deepEqual(JSON.parse(again).decisions, file.decisions);
  });
  test("on many grants at once are kept too", async () => {
    const counts = new Map();
    for (const { person } of grants) counts.set(person, (counts.get(person) ?? 0) + 1);
    const [person, count] = [...counts].sort((a, b) => b[1] - a[1])[0];
    await visit(page, `#/person/${person}`);
    await main().locator(".tools").first().getByRole("button", { name: "Ask all" }).click();
    await confirm(REVIEWER);
    await show(page, setup.file, "#/decisions");
    const [, text] = await saved("Save decisions");
    const kept = JSON.parse(text).decisions.map(({ grant }) => grant);
    const held = grants.filter((grant) => grant.person === person).map(({ id }) => id);
    assert.equal(kept.length, count);
    assert.deepEqual(kept.sort(), held.sort());
  });
  test("of two tabs with the same file don't replace each other", async () => {
    const [first, second] = pick(true);
    const other = await setup.open();
    await show(other, setup.file, "#/decisions");
    // A browser draws a tab that is behind another one seldom, or not at all.
    await page.bringToFront();
    await decide(first, "Keep");
    page = other;
    await page.bringToFront();
    await decided(1);
    await decide(second, "Ask");
    page = setup.page;
    await page.bringToFront();
    await visit(page, "#/decisions");
    await decided(2);
    await other.close();
    await show(page, setup.file, "#/decisions");
    await decided(2);
  });
  test("of other data are taken where the grants are the same", async () => {
    const [first] = pick(true);
    const line = { decision: "revoke", note: "", reviewer: "Bo", time: "2026-01-01T00:00:00Z" };
    const decisions = [
      { grant: first.id, ...line },
      { grant: "group:gone:member:user:x", ...line },
    ];
    const path = join(setup.folder, "other.json");
    await writeFile(
      path,
      JSON.stringify({ format: "access-review-decisions/1", data: "0".repeat(64), decisions }),
    );
    await visit(page, "#/decisions");
    await main().locator("input[type=file]").setInputFiles(path);
    await main().getByText("about other data than this review").waitFor();
    assert.match(await main().innerText(), /1 decision can be taken, 1 are about grants that aren't here/);
    await main().getByRole("button", { name: "Take 1 decision" }).click();
    const [, changes] = await saved("Export revokes");
    assert.deepEqual(JSON.parse(changes), first.line);
  });
  test("another file is refused in words", async () => {
    await visit(page, "#/decisions");
    for (const [name, text, words] of [
      ["text.json", "not json", /isn't JSON/],
      ["null.json", "null", /isn't one of decisions/],
      ["other.json", '{"format":"something/1","decisions":[]}', /isn't one of decisions/],
    ]) {
      const path = join(setup.folder, name);
      await writeFile(path, text);
      await main().locator("input[type=file]").setInputFiles(path);
      await main().getByRole("alert").filter({ hasText: words }).waitFor();
    }
  });
  test("for a whole list are confirmed first, and can be undone", async () => {
    const counts = new Map();
    for (const grant of grants) counts.set(grant.reason, [...(counts.get(grant.reason) ?? []), grant]);
    const many = [...counts.values()].sort((a, b) => b.length - a.length)[0];
    const all = grantsOf(setup.data).filter(({ on }) => on === many[0].on);
    const section = { app: "application", group: "group" }[many[0].onKind] ?? "role";
    await visit(page, `#/${section}/${many[0].on}`);
    await main().locator(".tools").first().getByRole("button", { name: "Keep all" }).click();
    assert.match(await dialog().innerText(), new RegExp(`Decide for ${all.length} grant`));
    await dialog().getByRole("button", { name: "Cancel" }).click();
    await dialog().waitFor({ state: "detached" });
    assert.equal(
      await main().locator("[aria-pressed=true]").count(),
      0,
      "nothing is decided before it is confirmed",
    );
    await main().locator(".tools").first().getByRole("button", { name: "Keep all" }).click();
    await confirm(REVIEWER);
    await main().getByText("all decided").first().waitFor();
    await page.locator(".said").getByRole("button", { name: "Undo" }).click();
    await pressed(0);
    await show(page, setup.file, "#/decisions");
    assert.match(await main().innerText(), /Nothing is decided yet/);
  });
  test("leave those alone that are decided already, if the reader wants it", async () => {
    const [first] = pick(true);
    await decide(first, "Ask");
    const mine = together(grants.filter(({ person }) => person === first.person)).length;
    await main().locator(".tools").first().getByRole("button", { name: "Keep all" }).click();
    await dialog().getByRole("checkbox").check();
    await confirm();
    await pressed(1, ".ask");
    await pressed(mine - 1, ".keep");
  });
  test("are about all accounts of a person that hold the same for the same reason", async () => {
    const several = together(grants).find((line) => line.length > 1);
    assert.ok(several, "somebody has two accounts");
    await decide(several[0], "Ask");
    await visit(page, "#/decisions");
    const [, text] = await saved("Save decisions");
    const decided = JSON.parse(text).decisions.map(({ grant }) => grant);
    assert.deepEqual(decided.sort(), several.map(({ id }) => id).sort());
  });
  test("are taken back by the same button", async () => {
    const [first] = pick(true);
    await decide(first, "Keep");
    await (await choices(first)).getByRole("button", { name: "Keep", exact: true }).click();
    await pressed(0);
  });
  test("say so if the browser can't keep them", async () => {
    await page.evaluate(() => {
      Storage.prototype.setItem = () => {
        throw new DOMException("full", "QuotaExceededError");
      };
    });
    await decide(pick(true)[0], "Keep");
    await visit(page, "#/decisions");
    await main().getByText("The browser doesn't keep your decisions.").waitFor();
  });
});

test("nothing asked the network, and nothing went wrong", () => {
  assert.deepEqual(setup.requests, []);
  assert.deepEqual(setup.errors, []);
});
