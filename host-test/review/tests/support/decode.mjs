// Reads the data out of a page, on another way than the page does: what the tests compare it with.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** Everything in a file, as plain arrays. */
export function decode(file) {
  const html = readFileSync(file, "utf8");
  const [, digest, base64] =
    /<script type="application\/octet-stream" id="data" data-digest="([^"]*)">([^<]*)</.exec(html);
  const data = gunzipSync(Buffer.from(base64, "base64"));
  const length = data.readUInt32LE(0);
  const { head, columns } = JSON.parse(data.toString("utf8", 4, 4 + length));
  const bytes = data.subarray(4 + length);
  const known = new Map();
  const column = (name) => {
    if (!known.has(name)) known.set(name, values(columns, bytes, name, column));
    return known.get(name);
  };
  return {
    head,
    digest,
    column,
    has: (name) => name in columns,
    hash: createHash("sha256").update(data).digest("hex"),
  };
}

function values(columns, bytes, name, column) {
  const { type, at, count } = columns[name];
  const number = (row) => [3, 2, 1, 0].reduce((sum, plane) => sum * 256 + bytes[at + plane * count + row], 0);
  const numbers = () => Array.from({ length: count }, (_, row) => number(row));
  if (type === "u8") return [...bytes.subarray(at, at + count)];
  if (type === "u32") return numbers();
  if (type === "delta") {
    let last = 0;
    return numbers().map((value) => (last = (last + value) % 2 ** 32));
  }
  if (type === "words") {
    const words = column(`${name}.words`);
    return numbers().map((value) => words[value]);
  }
  let next = at + 4 * count;
  return numbers().map((length) => bytes.toString("utf8", next, (next += length)));
}

/** A list of all grants, with everything that the tests ask of one. */
export function grantsOf({ head, column }) {
  const grants = [];
  column("reason.first").forEach((first, reason) => {
    for (let row = first; row < first + column("reason.count")[reason]; row++) {
      const principal = column("grant.principal")[row];
      const entitlement = column("reason.entitlement")[reason];
      const kind = head.kinds[column("resource.kind")[principal]];
      grants[row] = {
        row,
        reason,
        principal,
        entitlement,
        on: column("entitlement.on")[entitlement],
        onKind: head.kinds[column("resource.kind")[column("entitlement.on")[entitlement]]].id,
        person: column("resource.person")[principal] - 1,
        revocable: column("reason.revocable")[reason] === 1,
        instead: column("reason.instead")[reason],
        line: {
          operation: "revoke",
          entitlement: column("entitlement.id")[entitlement],
          principal: { kind: kind.id, id: column("resource.id")[principal] },
        },
        id: `${column("entitlement.id")[entitlement]}:${kind.id}:${column("resource.id")[principal]}`,
      };
    }
  });
  return grants;
}

/** Puts grants together as the page does: those that one person has for the same reason are one row. */
export function together(grants) {
  const rows = new Map();
  for (const grant of grants) {
    const key = `${grant.reason} ${grant.person >= 0 ? grant.person : `principal ${grant.principal}`}`;
    rows.set(key, [...(rows.get(key) ?? []), grant]);
  }
  return [...rows.values()];
}
