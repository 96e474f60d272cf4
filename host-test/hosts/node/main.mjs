// A small command line around connector.mjs; see README.md.

import { once } from 'node:events';
import { Connector, ConnectorError } from './connector.mjs';
import { identified, line, pageLines } from './lines.mjs';

const USAGE = `Usage: node main.mjs PLUGIN describe
       node main.mjs PLUGIN validate
       node main.mjs PLUGIN sync
       node main.mjs PLUGIN held KIND:ID
       node main.mjs PLUGIN grant ENTITLEMENT KIND:ID

The account and its credentials stand in the environment: CLOUDFLARE_ACCOUNT_ID, and CLOUDFLARE_API_TOKEN or CLOUDFLARE_EMAIL and
CLOUDFLARE_API_KEY; CLOUDFLARE_BASE_URL where the API isn't Cloudflare's own.`;

/** The kinds of error that exit code 2 stands for. */
const ASKED_WRONGLY = ['invalid-settings', 'invalid-argument', 'invalid-cursor'];

/** The auth method and its settings. What the values have to look like, the connector says. */
function credentials() {
  const { CLOUDFLARE_ACCOUNT_ID, CLOUDFLARE_BASE_URL, CLOUDFLARE_API_TOKEN, CLOUDFLARE_EMAIL, CLOUDFLARE_API_KEY } = process.env;
  const account = { 'account-id': CLOUDFLARE_ACCOUNT_ID, 'base-url': CLOUDFLARE_BASE_URL };
  const [authMethod, secrets] = CLOUDFLARE_API_TOKEN
    ? ['api-token', { 'api-token': CLOUDFLARE_API_TOKEN }]
    : ['api-key', { email: CLOUDFLARE_EMAIL, 'api-key': CLOUDFLARE_API_KEY }];
  return [authMethod, Object.entries({ ...account, ...secrets }).filter(([, value]) => value)];
}

/** An id as the command line writes it, KIND:ID. An address can hold more colons. */
function resourceId(text) {
  const [kind, ...id] = text.split(':');
  return { kind, id: id.join(':') };
}

/** Text that strangers had a part in, for a terminal. */
const printable = (text) => text.replace(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd');

/** Waits where nobody takes it as fast. */
async function print(text) {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

/** Prints the records of all pages. `pageAt` gives the page at a cursor. */
async function printPages(pageAt) {
  let cursor;
  do {
    const page = await pageAt(cursor);
    // A platform stores the page here, and then its cursor: a read goes on from a stored one, in another process too.
    await print(pageLines(page).join(''));
    cursor = page.next;
  } while (cursor !== undefined);
  return true;
}

/** The output of each command. They give whether all went well. */
const commands = {
  async describe(connector) {
    await print(line(await connector.call('describe')));
    return true;
  },

  async validate(connector) {
    const { checks, warnings } = await connector.call('validate');
    const { resourceTypes } = await connector.call('describe');
    // These are read only by a host that names them, which `sync` doesn't do here.
    const optIn = resourceTypes.filter((of) => of.optIn).map(({ id }) => id);
    for (const { resourceType, read, change } of checks) {
      const found = [read.tag === 'ok' ? `ok ${resourceType}` : `failed ${resourceType}: ${read.val.message}`];
      // A reader, and a resource type that can't be changed, say nothing of changes.
      if (change) found.push(`change ${change.tag} ${resourceType}${change.val ? `: ${change.val.message}` : ''}`);
      await print(`${found.map(printable).join('\n')}\n`);
    }
    for (const { code, message } of warnings) await print(`${printable(`warning ${code}: ${message}`)}\n`);
    return checks.every(({ resourceType, read }) => read.tag === 'ok' || optIn.includes(resourceType));
  },

  async sync(connector) {
    return printPages((cursor) => connector.call('read', [], cursor));
  },

  async held(connector, who) {
    return printPages((cursor) => connector.call('held', resourceId(who), cursor));
  },

  async grant(connector, entitlement, who) {
    const change = { operation: 'grant', entitlement, principal: resourceId(who) };
    const { results } = await connector.call('apply', [change], { dryRun: false, allowGains: false, extra: '' });
    for (const { tag, val } of results) {
      const outcome = tag === 'ok' ? { ...val, added: val.added.flatMap(identified) } : val;
      await print(line({ type: tag === 'ok' ? 'outcome' : 'error', ...change, ...outcome }));
    }
    return results.every(({ tag }) => tag === 'ok');
  },
};

async function main([path, command, ...args]) {
  if (args.length !== { describe: 0, validate: 0, sync: 0, held: 1, grant: 2 }[command]) {
    console.error(USAGE);
    return 2;
  }
  const methods = command === 'grant' ? ['get', 'put'] : ['get'];
  const connector = new Connector(path, { baseUrl: process.env.CLOUDFLARE_BASE_URL, methods });
  try {
    if (command !== 'describe') await connector.call('open', ...credentials());
    return (await commands[command](connector, ...args)) ? 0 : 1;
  } catch (error) {
    console.error(printable(error.message));
    return error instanceof ConnectorError && ASKED_WRONGLY.includes(error.error.kind) ? 2 : 1;
  } finally {
    await connector.close();
  }
}

// Nobody is left to read, as in `… | head`.
process.stdout.on('error', () => process.exit(1));
process.exitCode = await main(process.argv.slice(2));
