// Writes a page with made-up data: `node tests/support/made.mjs small|complete|large|hostile FILE`.
import { writeFile } from "node:fs/promises";
import { encode, page } from "./encode.mjs";
import { hostile } from "./hostile.mjs";
import { large } from "./large.mjs";
import { small } from "./small.mjs";

const kinds = {
  small: () => small(),
  complete: () => small({ incomplete: false, since: false }),
  hostile: () => small({ text: hostile() }),
  large: () => large(),
};

export async function make(kind, file) {
  await writeFile(file, await page(encode(kinds[kind]())));
  return file;
}

if (import.meta.url === `file://${process.argv[1]}`) {
  const [kind, file] = process.argv.slice(2);
  if (!Object.hasOwn(kinds, kind) || !file)
    throw new Error(`Give one of ${Object.keys(kinds).join(", ")}, and a file.`);
  await make(kind, file);
}
