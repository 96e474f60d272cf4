// One Durable Object for each account: there is one of it in the world, so an account is never synced twice at once. Its alarm is the
// schedule. Its storage has the settings, encrypted, and where the run is.
//
// Alarm and requests interleave wherever something is awaited, so what a request finds under way it doesn't touch: `start` sets a
// flag, and `set` and `remove` begin a new turn, which the alarm sees after each wait.

import { DurableObject } from 'cloudflare:workers';
import { putManifest, putPage } from './output.mjs';
import { contractError, plugin } from './plugin.mjs';
import { MOST_DEATHS, judge } from './retries.mjs';
import { unseal } from './sealed.mjs';

/**
 * How long one alarm reads pages before it hands over to the next, without the variable SLICE_MS. An alarm has 15 minutes, and 30
 * seconds of CPU.
 */
const SLICE_MS = 20_000;
/** The longest call of the plugin's: two minutes, and the longest wait that its setting `max-wait-seconds` allows. */
const LONGEST_CALL_MS = 420_000;
/** Below so many requests left, a run waits for the limit's reset, and leaves them to others with the same credentials. */
const RESERVED_REQUESTS = 50;

export class Account extends DurableObject {
  /** The plugin with its session, while a run is under way: only a cache. */
  #open;
  /** Whoever has waited, and finds another turn, has been overtaken. */
  #turn = 0;

  get #kv() {
    return this.ctx.storage.kv;
  }

  /** Gives the account its settings, encrypted, and its schedule, and begins a run. A run that is under way is given up. */
  async set(name, sealed, everyMinutes) {
    this.#overtake();
    this.#kv.put('account', { name, everyMinutes });
    this.#kv.put('sealed', sealed);
    this.#begin();
    return this.status();
  }

  /** Begins a run; while one is under way, has another one follow it. Gives nothing where there is no account. */
  async start() {
    if (!this.#kv.get('account')) return undefined;
    if (this.#kv.get('run')) this.#kv.put('again', true);
    else this.#begin();
    return this.status();
  }

  /** Forgets the account and its settings. What is in the bucket stays. */
  async remove() {
    this.#overtake();
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  async status() {
    const account = this.#kv.get('account');
    if (!account) return undefined;
    const run = this.#kv.get('run');
    const last = this.#kv.get('last');
    const alarm = run?.state === 'running' ? null : await this.ctx.storage.getAlarm();
    return {
      account: account.name,
      state: run?.state ?? (last?.state === 'stopped' ? 'stopped' : 'idle'),
      every_minutes: account.everyMinutes,
      next: alarm === null ? null : new Date(alarm).toISOString(),
      again: this.#kv.get('again') ?? false,
      run: run && this.#told(run),
      last: last && this.#told(last),
      complete: this.#kv.get('complete'),
    };
  }

  /** The id of the last complete run. */
  async complete() {
    return this.#kv.get('complete');
  }

  /** The runtime calls it at its time, and again where it didn't come to its end, in this process or in another one. */
  async alarm() {
    const account = this.#kv.get('account');
    if (!account) return;
    if (!this.#kv.get('run')) this.#begin();
    const run = this.#kv.get('run');
    if (run.deaths >= MOST_DEATHS) {
      const message = 'the Worker ended several times in the middle of this page, as it does beyond its memory or its CPU time';
      return this.#end(account, run, 'failed', { message });
    }
    // Until this alarm ends by itself, it counts as one that didn't.
    const turn = this.#turn;
    this.#kv.put('run', { ...run, state: 'running', deaths: run.deaths + 1 });
    try {
      await this.#read(account, { ...run, state: 'running', deaths: 0 }, turn);
    } catch (thrown) {
      if (turn === this.#turn) this.#failed(account, thrown);
    }
  }

  async #read(account, run, turn) {
    const until = Date.now() + Number(this.env.SLICE_MS ?? SLICE_MS);
    while (!run.isRead) {
      const session = await this.#session(account.name, turn);
      const page = await this.#call(() => session.plugin.sync.read(session.session, [], run.cursor));
      if (turn !== this.#turn) return;
      const records = await putPage(this.env.OUTPUT, account.name, run.id, run.pages, page);
      if (turn !== this.#turn) return;
      // The page first, then its cursor: a page whose cursor isn't stored comes again, and overwrites itself.
      run = {
        ...run,
        cursor: page.next,
        isRead: page.next === undefined,
        pages: run.pages + 1,
        records: run.records + records,
        requests: run.requests + page.requests,
        incomplete: run.incomplete || page.warnings.some((warning) => warning.incomplete),
        progress: page.progress,
        connector: { id: session.plugin.manifest.id, version: session.plugin.manifest.version },
        failures: 0,
        error: undefined,
      };
      this.#kv.put('run', run);
      if (run.isRead) break;
      const { remaining, resetsInMs } = page.rateLimit ?? { remaining: RESERVED_REQUESTS };
      if (remaining < RESERVED_REQUESTS) return this.#wait(account, run, resetsInMs);
      if (Date.now() > until) return this.ctx.storage.setAlarm(Date.now());
    }
    const { id, begun, pages, records, requests, incomplete, connector } = run;
    const ended = new Date().toISOString();
    await putManifest(this.env.OUTPUT, { account: account.name, run: id, connector, begun, ended, pages, records, requests, incomplete });
    if (turn !== this.#turn) return;
    this.#kv.put('complete', id);
    this.#end(account, run, 'complete');
  }

  async #session(name, turn) {
    if (this.#open) return this.#open;
    const { authMethod, settings } = await unseal(this.env.SETTINGS_KEY, name, this.#kv.get('sealed'));
    const made = await plugin(settings['base-url']);
    const session = made.connection.Session.open(authMethod, Object.entries(settings));
    const open = { plugin: made, session };
    // Whoever was overtaken has the settings of before.
    if (turn === this.#turn) this.#open = open;
    return open;
  }

  /** Calls the plugin. After a trap it can't be called again, and one that hangs is left behind. */
  async #call(call) {
    let late;
    const tooLong = new Promise((_, reject) => {
      late = setTimeout(() => reject(new Error('a call of the plugin took too long')), LONGEST_CALL_MS);
    });
    try {
      return await Promise.race([call(), tooLong]);
    } catch (thrown) {
      if (!contractError(thrown)) this.#open = undefined;
      throw thrown;
    } finally {
      clearTimeout(late);
    }
  }

  #failed(account, thrown) {
    const run = this.#kv.get('run');
    const told = contractError(thrown);
    const error = told
      ? { kind: told.kind, message: told.message, http_status: told.httpStatus, code: told.code, about: told.about }
      : { message: String(thrown?.message ?? thrown).slice(0, 500) };
    const { then, afterMs } = judge(told, run);
    if (then === 'retry') return this.#wait(account, { ...run, failures: run.failures + 1, error }, afterMs);
    if (then === 'restart') {
      this.#log(account, run, 'restart', error);
      return this.#begin({ restarts: run.restarts + 1, error });
    }
    this.#end(account, run, then === 'stop' ? 'stopped' : 'failed', error);
  }

  #wait(account, run, ms) {
    this.#log(account, run, 'waiting', run.error);
    this.#kv.put('run', { ...run, state: 'waiting', deaths: 0 });
    return this.ctx.storage.setAlarm(Date.now() + ms);
  }

  /** A run with an id of its own, also where it begins again from the start: the pages of two never stand in one folder. */
  #begin(more = {}) {
    this.#open = undefined;
    const begun = new Date().toISOString();
    const id = `${begun.replace(/[:.]/g, '-')}-${crypto.randomUUID().slice(0, 8)}`;
    const zero = { pages: 0, records: 0, requests: 0, failures: 0, restarts: 0, deaths: 0 };
    this.#kv.put('run', { id, begun, state: 'running', incomplete: false, isRead: false, ...zero, ...more });
    this.#kv.delete('again');
    this.ctx.storage.setAlarm(Date.now());
  }

  #end(account, run, state, error) {
    this.#open = undefined;
    this.#kv.put('last', { ...run, state, error, ended: new Date().toISOString() });
    this.#kv.delete('run');
    this.#log(account, run, state, error);
    if (this.#kv.get('again')) return this.#begin();
    if (state === 'stopped') return this.ctx.storage.deleteAlarm();
    // A little later for each, so that accounts that were added together don't stay together.
    const every = account.everyMinutes * 60_000;
    return this.ctx.storage.setAlarm(Math.max(Date.parse(run.begun) + every, Date.now()) + Math.random() * Math.min(every / 10, 60_000));
  }

  #overtake() {
    this.#turn += 1;
    this.#open = undefined;
    this.#kv.delete('run');
    this.#kv.delete('last');
  }

  /** A run as an operator sees it. */
  #told({ id, state, begun, ended, pages, records, requests, incomplete, failures, restarts, progress, error }) {
    return { id, state, begun, ended, pages, records, requests, incomplete, failures, restarts, progress, error };
  }

  /** A line for the Worker's logs. The connector's messages contain no secret, and settings are never written. */
  #log(account, run, event, error) {
    const { id, pages, requests } = run;
    console.log(JSON.stringify({ account: account.name, run: id, event, pages, requests, error }));
  }
}

/** The names of all accounts. Everything else each account says itself. */
export class Directory extends DurableObject {
  async add(name) {
    this.ctx.storage.kv.put(name, true);
  }

  async remove(name) {
    this.ctx.storage.kv.delete(name);
  }

  async list(startAfter, limit) {
    return [...this.ctx.storage.kv.list({ startAfter, limit })].map(([name]) => name);
  }
}
