// Runs a connector of `iga:connector`: this file and plugin.mjs are what to copy.
//
// A call into a plugin computes, and waits for the network, in the thread that calls, and nothing in that thread can interrupt it.
// So the plugin has a thread of its own: this one stays free, and ends the other when a call takes too long.

import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';

// 256 MiB for each memory of WebAssembly's. Node has no such option for one thread: this holds for the whole process.
setFlagsFromString('--wasm-max-mem-pages=4096');

/** An error that the connector itself reports: `error` is the contract's record. */
export class ConnectorError extends Error {
  /** @param {{ kind: string, message: string }} error */
  constructor(error) {
    super(error.message);
    this.error = error;
  }
}

export class Connector {
  #worker;
  #longestCallMs;
  /** The reason for which the plugin has ended, if it has. */
  #end = '';
  /** Takes the answer to the call that is under way. */
  #answer = (/** @type {object} */ _answer) => {};

  /**
   * @param {string} path the component's file
   * @param {object} policy
   * @param {string} [policy.baseUrl] where requests may go, and nowhere else; left out: to the manifest's origins
   * @param {string[]} [policy.methods] what may be sent: `put` is for a session that changes something
   * @param {number} [policy.longestCallMs] how long one call may take, waiting for the network included
   */
  constructor(path, { baseUrl, methods = ['get'], longestCallMs = 2 * 60_000 } = {}) {
    this.#longestCallMs = longestCallMs;
    this.#worker = new Worker(new URL('./plugin.mjs', import.meta.url), {
      workerData: { path, baseUrl, methods },
      // Not this process's, where credentials may stand.
      env: {},
      // JavaScript's heap in that thread. The bytes of headers and bodies that a plugin has kept for it aren't on it.
      resourceLimits: { maxOldGenerationSizeMb: 512 },
    });
    this.#worker.on('message', (answer) => this.#answer(answer));
    this.#worker.on('error', (trap) => (this.#end = trap.message));
    this.#worker.on('exit', () => this.#answer({ end: (this.#end ||= 'it was closed') }));
  }

  /**
   * Calls a function of plugin.mjs. One call at a time; after an error that isn't a `ConnectorError` there is no plugin any more:
   * make another one, and go on from the last stored cursor.
   *
   * @param {'describe' | 'open' | 'validate' | 'read' | 'held' | 'apply'} name
   * @param {...unknown} args
   * @returns {Promise<any>} what the contract says
   */
  async call(name, ...args) {
    const late = setTimeout(() => {
      this.#end = 'it took too long';
      this.close();
    }, this.#longestCallMs);
    const { result, error, end } = await new Promise((resolve) => {
      this.#answer = resolve;
      if (this.#end) resolve({ end: this.#end });
      else this.#worker.postMessage({ name, args });
    });
    clearTimeout(late);
    if (end) throw new Error(`The plugin has ended in ${name}: ${end}`);
    if (error) throw new ConnectorError(error);
    return result;
  }

  /** Ends the plugin, whatever it is doing. */
  async close() {
    await this.#worker.terminate();
  }
}
