// Where the pages of a run go: `<account>/<run>/<page>.jsonl` in R2, and in the end `manifest.json`, without which a run isn't there.

import { pageLines } from '../../node/lines.mjs';

const pageKey = (account, run, page) => `${account}/${run}/${String(page).padStart(6, '0')}.jsonl`;
const manifestKey = (account, run) => `${account}/${run}/manifest.json`;

/** Writes a page whole. One that comes again overwrites itself. Gives the number of its records. */
export async function putPage(bucket, account, run, number, page) {
  const lines = pageLines(page);
  const httpMetadata = { contentType: 'application/x-ndjson' };
  await bucket.put(pageKey(account, run, number), lines.join(''), { httpMetadata });
  return lines.length;
}

/** Makes a run visible. Its pages are there. */
export async function putManifest(bucket, manifest) {
  const httpMetadata = { contentType: 'application/json' };
  await bucket.put(manifestKey(manifest.account, manifest.run), `${JSON.stringify(manifest, null, 2)}\n`, { httpMetadata });
}

/** The lines of a complete run, page by page, or nothing where the bucket has no such run. */
export async function readRun(bucket, account, run) {
  const manifest = await bucket.get(manifestKey(account, run));
  if (!manifest) return undefined;
  const { pages } = await manifest.json();
  let page = 0;
  return new ReadableStream({
    async pull(controller) {
      if (page === pages) return controller.close();
      const object = await bucket.get(pageKey(account, run, page));
      // Whoever reads sees that it breaks off.
      if (!object) throw new Error(`page ${page} of ${account}/${run} has gone`);
      page += 1;
      const bytes = await object.bytes();
      // A page can have no records. A stream that gives nothing isn't asked again.
      if (bytes.length > 0) controller.enqueue(bytes);
      else await this.pull(controller);
    },
  });
}
