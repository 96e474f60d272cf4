// Writes data in the format of the page, as `host-test review` does: for the page's own tests.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

/** Collects columns. */
export class Writer {
  columns = {};
  parts = [];
  at = 0;

  add(name, type, count, bytes) {
    this.columns[name] = { type, at: this.at, length: bytes.length, count };
    this.parts.push(bytes);
    this.at += bytes.length;
  }
  small(name, values) {
    this.add(name, "u8", values.length, Uint8Array.from(values));
  }
  numbers(name, values, type = "u32") {
    this.add(name, type, values.length, planes(values));
  }
  delta(name, values) {
    const differences = new Uint32Array(values.length);
    for (let i = 0; i < values.length; i++) differences[i] = values[i] - (i > 0 ? values[i - 1] : 0);
    this.numbers(name, differences, "delta");
  }
  text(name, values) {
    const bytes = values.map((value) => Buffer.from(value));
    this.add(
      name,
      "text",
      values.length,
      Buffer.concat([planes(bytes.map((value) => value.length)), ...bytes]),
    );
  }
  words(name, values) {
    const known = new Map();
    const indices = values.map((value) => {
      if (!known.has(value)) known.set(value, known.size);
      return known.get(value);
    });
    this.text(`${name}.words`, [...known.keys()]);
    this.numbers(name, indices, "words");
  }
  finish(head) {
    let directory = Buffer.from(JSON.stringify({ format: 1, head, columns: this.columns }));
    directory = Buffer.concat([directory, Buffer.alloc(-directory.length & 3, " ")]);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(directory.length);
    return Buffer.concat([length, directory, ...this.parts]);
  }
}

function planes(values) {
  const count = values.length;
  const bytes = Buffer.alloc(4 * count);
  for (let i = 0; i < count; i++) {
    const value = values[i] >>> 0;
    bytes[i] = value;
    bytes[count + i] = value >>> 8;
    bytes[2 * count + i] = value >>> 16;
    bytes[3 * count + i] = value >>> 24;
  }
  return bytes;
}

/** Puts data into the built page. */
export async function page(data) {
  const template = await readFile(new URL("../../dist/review.html", import.meta.url), "utf8");
  const digest = createHash("sha256").update(data).digest("hex");
  return template.replace("@DIGEST@", digest).replace("@DATA@", gzipSync(data).toString("base64"));
}

/** Writes the tables of a company, see `small.mjs`. */
export function encode({ head, people, resources, entitlements, reasons, findings, changes }) {
  const writer = new Writer();
  const column = (rows, field) => rows.map((row) => row[field]);
  writer.text("person.address", column(people, "address"));
  writer.text("person.name", column(people, "name"));
  for (const field of ["kind", "status", "two_factor", "seat"]) {
    writer.small(`resource.${field}`, column(resources, field));
  }
  for (const field of ["id", "name"]) writer.text(`resource.${field}`, column(resources, field));
  writer.words("resource.email", column(resources, "email"));
  for (const field of ["person", "last_login", "created", "parent"]) {
    writer.numbers(`resource.${field}`, column(resources, field));
  }
  for (const field of ["profile", "says"]) writer.words(`resource.${field}`, column(resources, field));
  writer.numbers("entitlement.on", column(entitlements, "on"));
  for (const field of ["id", "name"]) writer.text(`entitlement.${field}`, column(entitlements, field));
  for (const field of ["slug", "open"]) writer.words(`entitlement.${field}`, column(entitlements, field));
  for (const field of ["provision", "public", "anyone"]) {
    writer.small(`entitlement.${field}`, column(entitlements, field));
  }
  let first = 0;
  const firsts = reasons.map(({ principals }) => {
    const here = first;
    first += principals.length;
    return here;
  });
  writer.numbers("reason.entitlement", column(reasons, "entitlement"));
  for (const field of ["revocable", "kind"]) writer.small(`reason.${field}`, column(reasons, field));
  writer.words(
    "reason.basis",
    reasons.map(({ basis }) => JSON.stringify(basis)),
  );
  writer.words(
    "reason.conditions",
    reasons.map(({ conditions }) => JSON.stringify(conditions)),
  );
  for (const field of ["expected", "denied", "instead"])
    writer.words(`reason.${field}`, column(reasons, field));
  writer.numbers("reason.first", firsts);
  writer.numbers(
    "reason.count",
    reasons.map(({ principals }) => principals.length),
  );
  const principals = new Uint32Array(first);
  reasons.forEach((reason, i) => principals.set(reason.principals, firsts[i]));
  writer.delta("grant.principal", principals);
  for (const [id, rows] of Object.entries(findings)) writer.delta(`finding.${id}`, rows);
  writer.small("change.kind", column(changes, "kind"));
  writer.numbers("change.grant", column(changes, "grant"));
  for (const field of ["person", "account"]) writer.text(`change.${field}`, column(changes, field));
  for (const field of ["entitlement", "on", "before", "after"])
    writer.words(`change.${field}`, column(changes, field));
  return writer.finish(head);
}
