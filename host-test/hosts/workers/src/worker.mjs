// The admin API. README.md says what it takes and gives.

import { readRun } from './output.mjs';
import { contractError, plugin } from './plugin.mjs';
import { seal } from './sealed.mjs';

export { Account, Directory } from './account.mjs';

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const DEFAULT_EVERY_MINUTES = 60;
/** A week. */
const MOST_MINUTES = 10_080;
/** The most accounts of one list: each is asked. */
const LISTED = 50;
/** The most bytes of a request. */
const LONGEST = 65_536;
/** A Worker has six connections at once. A page that is asked for again, and one that is written, take two. */
const MOST_READ_AHEAD = 4;

/** A mistake of the caller's, in words for them. */
class Refused extends Error {
  constructor(status, message, more) {
    super(message);
    this.status = status;
    this.more = more;
  }
}

export default {
  async fetch(request, env) {
    try {
      if (!(await isAdmin(request, env))) throw new Refused(401, 'give the admin token as a bearer token');
      return await answer(request, env);
    } catch (error) {
      if (error instanceof Refused) return json({ error: { message: error.message, ...error.more } }, error.status);
      console.error(error?.stack ?? String(error));
      return json({ error: { message: 'the Worker failed: its logs say more' } }, 500);
    }
  },
};

/** Digests have one length, whatever was given, and are compared in one time. */
async function isAdmin(request, { ADMIN_TOKEN }) {
  if (!ADMIN_TOKEN) throw new Refused(503, 'the secret ADMIN_TOKEN isn\'t set: `wrangler secret put ADMIN_TOKEN`');
  const given = request.headers.get('authorization')?.match(/^Bearer (.+)$/i)?.[1] ?? '';
  const digest = (text) => crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return crypto.subtle.timingSafeEqual(await digest(given), await digest(ADMIN_TOKEN));
}

async function answer(request, env) {
  const { pathname, searchParams } = new URL(request.url);
  const [top, name, action, ...rest] = pathname.slice(1).split('/');
  const route = `${request.method} /${[top, name && ':name', action, ...rest].filter((part) => part !== undefined).join('/')}`;
  if (route === 'GET /accounts') return list(env, searchParams.get('after') ?? undefined);
  if (top !== 'accounts' || name === undefined) throw new Refused(404, 'there is nothing here: the accounts are at /accounts');
  if (!NAME.test(name)) {
    throw new Refused(400, 'an account\'s name has 1 to 63 small letters, digits and hyphens, and no hyphen in front');
  }
  const account = env.ACCOUNTS.getByName(name);
  switch (route) {
    case 'PUT /accounts/:name':
      return json(await put(request, env, name, account));
    case 'GET /accounts/:name':
      return json(known(name, await account.status()));
    case 'POST /accounts/:name/start':
      return json(known(name, await account.start()), 202);
    case 'GET /accounts/:name/latest':
      return latest(env, name, await account.complete());
    case 'DELETE /accounts/:name':
      await account.remove();
      await env.DIRECTORY.getByName('all').remove(name);
      return new Response(null, { status: 204 });
    default:
      throw new Refused(404, 'an account takes GET, PUT and DELETE, POST …/start and GET …/latest');
  }
}

function known(name, status) {
  if (!status) throw new Refused(404, `there is no account ${name}`);
  return status;
}

async function list(env, after) {
  const names = await env.DIRECTORY.getByName('all').list(after, LISTED);
  const accounts = await Promise.all(
    names.map(async (name) => (await env.ACCOUNTS.getByName(name).status()) ?? { account: name, state: 'absent' }),
  );
  return json({ accounts, next: names.length === LISTED ? names.at(-1) : null });
}

async function put(request, env, name, account) {
  const { authMethod, settings, everyMinutes } = await body(request);
  await check(authMethod, settings, env);
  const sealed = await seal(env.SETTINGS_KEY, name, { authMethod, settings }).catch(({ message }) => {
    throw new Refused(503, message);
  });
  // Listed first: an account that is listed and isn't there is seen, and the other way round it isn't.
  await env.DIRECTORY.getByName('all').add(name);
  return account.set(name, sealed, everyMinutes);
}

/** Nothing of it is ever said again: a secret can stand anywhere in it. */
async function body(request) {
  const bytes = await request.bytes();
  if (bytes.length > LONGEST) throw new Refused(413, `a body has at most ${LONGEST} bytes`);
  let value;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new Refused(400, 'the body isn\'t JSON');
  }
  const isObject = (of) => of !== null && typeof of === 'object' && !Array.isArray(of);
  if (!isObject(value)) throw new Refused(400, 'the body is an object with auth_method and settings');
  const { auth_method: authMethod, settings, every_minutes: everyMinutes = DEFAULT_EVERY_MINUTES, ...more } = value;
  if (Object.keys(more).length > 0) throw new Refused(400, 'the body has auth_method, settings and every_minutes, and nothing else');
  if (typeof authMethod !== 'string') throw new Refused(400, 'auth_method is a text: api-token or api-key');
  if (!isObject(settings) || !Object.values(settings).every((entry) => typeof entry === 'string')) {
    throw new Refused(400, 'settings is an object of texts, such as account-id and api-token');
  }
  if (!Number.isInteger(everyMinutes) || everyMinutes < 1 || everyMinutes > MOST_MINUTES) {
    throw new Refused(400, `every_minutes is a whole number from 1 to ${MOST_MINUTES}`);
  }
  return { authMethod, settings, everyMinutes };
}

/** Checks settings before a request to Cloudflare. */
async function check(authMethod, settings, { ALLOW_BASE_URL }) {
  if (!('Suspending' in WebAssembly)) throw new Refused(503, 'this runtime has no WebAssembly.Suspending (JSPI), which a plugin needs');
  if ('base-url' in settings && ALLOW_BASE_URL !== 'true') {
    throw new Refused(400, 'base-url says where the credentials are sent: the variable ALLOW_BASE_URL of the Worker allows it');
  }
  if (Number(settings['read-ahead']) > MOST_READ_AHEAD) {
    throw new Refused(400, `read-ahead is at most ${MOST_READ_AHEAD} here: a Worker has six connections at once`);
  }
  const { connection } = await plugin();
  try {
    connection.Session.open(authMethod, Object.entries(settings));
  } catch (thrown) {
    const error = contractError(thrown);
    if (!error) throw thrown;
    throw new Refused(400, error.message, { kind: error.kind, about: error.about });
  }
}

async function latest({ OUTPUT }, name, run) {
  const lines = run && (await readRun(OUTPUT, name, run));
  if (!lines) throw new Refused(404, `there is no complete run of ${name}`);
  return new Response(lines, { headers: { 'content-type': 'application/x-ndjson', 'x-run': run } });
}

function json(value, status = 200) {
  return new Response(`${JSON.stringify(value, null, 2)}\n`, { status, headers: { 'content-type': 'application/json' } });
}
