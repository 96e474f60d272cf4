import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { moves, show, until, visit } from "./support/browser.mjs";
import { grantsOf, together } from "./support/decode.mjs";
import { searched } from "./support/searching.mjs";
import { plain, suite } from "./support/setup.mjs";

const setup = suite();
const main = () => setup.page.locator("main");
const text = async () => plain(await main().innerText());
const nameOf = (row) => {
  const { column } = setup.data;
  return column("resource.name")[row].trim() || column("resource.email")[row] || column("resource.id")[row];
};
const ADDRESS = {
  app: "application",
  group: "group",
  role: "role",
  "user-group": "role",
  "scoped-role": "role",
};
const kindOf = (row) => setup.data.head.kinds[setup.data.column("resource.kind")[row]];
const addressOf = (row) => `#/${ADDRESS[kindOf(row).id] ?? "thing"}/${row}`;
const things = () =>
  setup.data.column("resource.kind").flatMap((_, row) => (kindOf(row).person ? [] : [row]));

describe("the head", () => {
  test("says what the review rests on", async () => {
    await show(setup.page, setup.file);
    const { head, digest } = setup.data;
    const shown = await text();
    assert.ok(shown.includes(head.account.id) && shown.includes(plain(head.account.name)));
    assert.ok(shown.includes(digest));
    assert.ok(shown.includes(head.version) && shown.includes(plain(head.source)));
    for (const { what, permissions } of head.read ?? []) {
      for (const one of [what, ...permissions])
        assert.ok(shown.toLowerCase().includes(plain(one).toLowerCase()), one);
    }
    for (const one of head.missing) assert.ok(shown.toLowerCase().includes(plain(one).toLowerCase()), one);
    if (head.requests !== null)
      assert.match(shown, new RegExp(`${head.requests.toLocaleString("en")} request`));
    assert.equal(digest, setup.data.hash, "the digest is that of the data");
  });
  test("says on every page that data is missing, and why", async () => {
    const { incomplete, warnings } = setup.data.head;
    for (const hash of ["", "#/people", "#/decisions"]) {
      await show(setup.page, setup.file, hash);
      assert.equal(await setup.page.locator(".missing").count(), incomplete ? 1 : 0, hash);
    }
    await show(setup.page, setup.file);
    await setup.page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
    const shown = await text();
    for (const { message } of warnings) assert.ok(shown.includes(plain(message)), message);
  });
});

describe("ways in", () => {
  test("a person: everything that they hold, and why", async () => {
    const { column } = setup.data;
    const grants = grantsOf(setup.data);
    // Somebody for each reason.
    const people = new Map();
    for (const { person, reason } of grants)
      if (person >= 0 && !people.has(reason)) people.set(reason, person);
    for (const person of [...new Set(people.values())].slice(0, 40)) {
      await visit(setup.page, `#/person/${person}`);
      const shown = await text();
      assert.ok(shown.includes(plain(column("person.address")[person])));
      const apps = new Set(
        grants.filter((one) => one.person === person && one.onKind === "app").map(({ on }) => on),
      );
      if (apps.size > 0) assert.match(shown, new RegExp(`Holds ${apps.size} application`));
      const held = grants.filter((grant) => grant.person === person);
      for (const { on, reason, instead } of held) {
        assert.ok(shown.includes(plain(nameOf(on))), nameOf(on));
        for (const { words } of JSON.parse(column("reason.basis")[reason]).slice(0, 12)) {
          assert.ok(shown.toLowerCase().includes(plain(words).toLowerCase()), words);
        }
        for (const condition of JSON.parse(column("reason.conditions")[reason])) {
          assert.ok(shown.includes(plain(condition)), condition);
        }
        assert.ok(shown.includes(plain(instead)), instead);
      }
      assert.equal(await main().locator(".decide").count(), together(held).length);
    }
  });
  test("an application, a group, a role: who holds it, with a picture for each reason", async () => {
    const { column } = setup.data;
    const grants = grantsOf(setup.data);
    for (const thing of things()) {
      await visit(setup.page, addressOf(thing));
      const shown = await text();
      assert.ok(shown.includes(plain(nameOf(thing))));
      const says = column("resource.says")[thing];
      const begun =
        kindOf(thing).id === "identity-provider" ? says : says.replace(/^./, (one) => one.toUpperCase());
      assert.ok(shown.includes(plain(begun)), `${begun}: it stands alone, so it begins as a sentence`);
      const held = grants.filter(({ on }) => on === thing);
      const reasons = new Set(held.map(({ reason }) => reason));
      assert.equal(await main().locator(".reason").count(), Math.min(20, reasons.size), nameOf(thing));
      assert.equal(
        await main().locator(".reason .path svg").count(),
        Math.min(20, reasons.size),
        nameOf(thing),
      );
      for (let more; (more = main().locator(".reason .more button").last()) && (await more.count()) > 0;)
        await more.click();
      if (reasons.size <= 20)
        assert.equal(await main().locator(".reason .decide").count(), together(held).length, nameOf(thing));
      const open = column("entitlement.on").indexOf(thing);
      if (open >= 0 && reasons.size <= 20) {
        const words = plain(column("entitlement.open")[open]).toLowerCase();
        assert.ok((await text()).toLowerCase().includes(words), words);
      }
    }
  });
  test("the lists have everything, and lead on", async () => {
    const sizes = { people: setup.data.column("person.address").length };
    for (const [list, kinds] of [
      ["applications", ["app"]],
      ["groups", ["group"]],
      ["roles", ["role", "user-group", "scoped-role"]],
    ]) {
      sizes[list] = things().filter((row) => kinds.includes(kindOf(row).id)).length;
    }
    for (const [list, size] of Object.entries(sizes)) {
      await visit(setup.page, `#/${list}`);
      assert.equal(await main().locator("tbody tr").count(), Math.min(100, size), list);
      const first = main().locator("tbody th a").first();
      const name = plain(await first.innerText());
      await moves(setup.page, () => first.click());
      assert.ok(plain(await main().locator("h1").innerText()).includes(name), name);
      await moves(setup.page, () => setup.page.goBack());
      assert.equal(new URL(setup.page.url()).hash, `#/${list}`);
      assert.equal(await main().locator("tbody tr").count(), Math.min(100, size), "the back button works");
    }
  });
  test("every finding, with as many rows as it counts", async () => {
    const { head, column, has } = setup.data;
    assert.ok(head.findings.length > 0);
    await visit(setup.page, "#/findings");
    const list = await text();
    for (const finding of head.findings) {
      await visit(setup.page, "#/findings");
      assert.ok(list.includes(plain(finding.title)));
      const link = main().locator(`a[href="#/finding/${finding.id}"]`).first();
      await moves(setup.page, () => link.click());
      const shown = await text();
      assert.ok(shown.includes(plain(finding.why)), finding.id);
      const rows = has(`finding.${finding.id}`) ? column(`finding.${finding.id}`) : [];
      assert.equal(rows.length, finding.count, finding.id);
      const none = finding.known ? /Nothing was found/ : /Not known/;
      if (rows.length === 0) assert.match(shown, none, finding.id);
      const selector = finding.table === "reason" ? ".reason" : "tbody tr";
      const most = finding.table === "reason" ? 20 : 100;
      const grants = finding.table === "grant" ? grantsOf(setup.data) : [];
      const lines = finding.table === "grant" ? together(rows.map((row) => grants[row])) : rows;
      assert.equal(await main().locator(selector).count(), Math.min(most, lines.length), finding.id);
    }
  });
  test("since the last review", async () => {
    const { head, column } = setup.data;
    await visit(setup.page, "#/since");
    const shown = await text();
    if (!head.since) return assert.match(shown, /--since/);
    const counts = [0, 0, 0, 0];
    for (const kind of column("change.kind")) counts[kind]++;
    assert.ok(
      shown.includes(`${counts[1]} gained, ${counts[2]} lost, ${counts[3]} held for another reason`),
      shown,
    );
    for (const note of head.since.notes) assert.ok(shown.includes(plain(note)), note);
    assert.equal(
      await main().locator("tbody tr").count(),
      counts.reduce((sum, one) => sum + Math.min(100, one)),
    );
  });
  test("an address that isn't there says so", async () => {
    await visit(setup.page, "#/person/4294967295");
    assert.match(await text(), /There is no such page/);
  });
});

describe("search", () => {
  const box = () => setup.page.getByRole("searchbox", { name: /Search people/ });
  test("finds while typing, says how many, and the back button leaves it", async () => {
    const { column } = setup.data;
    await visit(setup.page, "#/groups");
    const person = column("person.address").findIndex((address) => address.length > 5);
    const address = column("person.address")[person];
    await setup.page.keyboard.press("/");
    const typed = address.slice(0, -1).toUpperCase();
    await setup.page.keyboard.type(typed);
    const words = address.slice(0, -1).toLowerCase();
    const found = column("person.address").filter((one, row) =>
      `${column("person.name")[row]} ${one}`.toLowerCase().includes(words),
    );
    await searched(setup.page, typed);
    const people = main().locator(`.found a[href="#/person/${person}"]`);
    assert.equal(await people.count(), 1);
    assert.match(
      await main().getByRole("status").innerText(),
      new RegExp(`^${found.length} (person|people)`),
    );
    await moves(setup.page, () => setup.page.goBack());
    assert.equal(new URL(setup.page.url()).hash, "#/groups");
  });
  test("that is emptied leads back, or to the overview", async () => {
    await show(setup.page, setup.file, "#/roles");
    await box().fill("a");
    await searched(setup.page, "a");
    await moves(setup.page, () => box().fill(""));
    assert.equal(new URL(setup.page.url()).hash, "#/roles");
    await show(setup.page, setup.file, "#/search/a");
    assert.equal(await box().inputValue(), "a");
    await box().fill("");
    await until(setup.page, "the overview is shown", () => location.hash === "#/");
  });
  test("finds things by their names, also without accents", async () => {
    await visit(setup.page, "#/");
    for (const thing of things().slice(0, 30)) {
      const name = setup.data.column("resource.name")[thing].trim();
      if (!name) continue;
      const bare = name.normalize("NFD").replace(/\p{M}/gu, "");
      await box().fill(bare);
      await searched(setup.page, bare);
      const link = main().locator(`.found a[href="${addressOf(thing)}"]`);
      while ((await link.count()) === 0) await main().getByRole("button", { name: /more$/ }).first().click();
    }
  });
  test("says that nothing was found", async () => {
    await visit(setup.page, "#/");
    await box().fill("no such thing anywhere");
    await setup.page.getByText("Nothing found").waitFor();
  });
});

test("nothing asked the network, and nothing went wrong", () => {
  assert.deepEqual(setup.requests, []);
  assert.deepEqual(setup.errors, []);
});
