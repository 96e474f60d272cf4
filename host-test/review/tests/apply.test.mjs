// The whole loop: a review of the mock, decisions in the browser, `apply` with the exported file, and a second
// review that shows what was lost. Needs the program: its path is in the variable HOST_TEST.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { browser, show, visit } from "./support/browser.mjs";
import { decide } from "./support/deciding.mjs";
import { decode, grantsOf, together } from "./support/decode.mjs";

const program = process.env.HOST_TEST;
const run = promisify(execFile);

describe("from a review to a change", { skip: !program && "HOST_TEST has no path of the program" }, () => {
  let folder;
  let mock;
  let opened;
  let variables;
  const call = (...args) => run(program, args, { env: { ...process.env, ...variables }, cwd: folder });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "review-apply-"));
    mock = spawn(program, ["mock"], { stdio: ["ignore", "pipe", "inherit"] });
    variables = {};
    for await (const line of createInterface(mock.stdout)) {
      const [, name, value] = /^\s*export (\w+)=["']?([^"']*)["']?\s*$/.exec(line) ?? [];
      if (name) variables[name] = value;
      if (Object.keys(variables).length === 3) break;
    }
  });
  after(async () => {
    await opened?.close();
    mock?.kill();
    mock?.stdout.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  test("revokes are applied, and the next review shows what was lost", async () => {
    const first = join(folder, "first.html");
    await call("review", "--output", first);
    const grants = grantsOf(decode(first));
    const groups = grants.filter(
      ({ revocable, onKind, person }) => revocable && onKind === "group" && person >= 0,
    );
    assert.ok(groups.length > 0);
    // Everything that one person holds in a group, so that nothing else keeps them in it.
    const { person, on } = groups[0];
    const mine = grants.filter((grant) => grant.person === person && grant.on === on && grant.revocable);
    opened = await browser();
    const page = await opened.context.newPage();
    await show(page, first);
    await visit(page, `#/group/${on}`);
    const rows = page.locator(`tbody tr:has(a[href="#/person/${person}"])`);
    while ((await rows.count()) < together(mine).length)
      await page.locator(".reason .more button").first().click();
    for (const row of await rows.all()) {
      await decide(page, row, "Revoke");
    }
    await visit(page, "#/decisions");
    const changes = join(folder, "changes.jsonl");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Export revokes" }).click(),
    ]);
    await download.saveAs(changes);
    const lines = (await readFile(changes, "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines,
      mine.map(({ line }) => line),
    );

    const planned = await call("apply", "--file", changes, "--dry-run");
    assert.ok(planned.stdout.length > 0);
    const second = join(folder, "second.html");
    await call("review", "--since", first, "--output", second);
    assert.equal(decode(second).head.since.lost, 0, "a plan changes nothing");

    await call("apply", "--file", changes);
    const third = join(folder, "third.html");
    await call("review", "--since", first, "--output", third);
    const { head, column } = decode(third);
    assert.equal(head.since.gained, 0);
    assert.ok(head.since.lost > 0);
    const lost = column("change.entitlement").filter((_, row) => column("change.kind")[row] === 2);
    assert.ok(lost.includes(mine[0].line.entitlement));
  });
});
