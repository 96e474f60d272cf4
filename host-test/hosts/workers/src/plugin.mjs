// One instance of the plugin: what it is given, and where its requests may go.

import * as http from '@bytecodealliance/preview2-shim/http';
import * as io from '@bytecodealliance/preview2-shim/io';
import { monotonicClock } from '@bytecodealliance/preview2-shim/clocks';
import { instantiate, modules } from 'connector';

const fetchAsItIs = globalThis.fetch;
/**
 * What preview2-shim sends requests with. It leaves Fetch's own choices: to follow a redirect, with the token, wherever it leads, and
 * to take an answer out of a cache.
 */
globalThis.fetch = (url, init) => fetchAsItIs(url, { ...init, redirect: 'manual', cache: 'no-store' });

/** Scheme, host and port, compared letter by letter: another spelling of an address is another address. */
const originOf = (/** @type {string} */ url) => url.split('/', 3).join('/').toLowerCase();

/**
 * preview2-shim has one timeout, and calls it one of the connection. It is the time until an answer's head, and then the request was
 * sent.
 */
const MEANT = { 'connection-timeout': 'connection-read-timeout' };

/**
 * Makes an instance of the plugin: its `connection` and `sync`. One call at a time.
 *
 * @param {string} [baseUrl] where requests may go, and nowhere else; left out: to the manifest's origins
 */
export async function plugin(baseUrl) {
  // Where requests may go: nowhere, until the manifest has been read.
  let origins = new Set();
  /** The plugin's only way out: `wasi:http/outgoing-handler`. Reads alone. */
  const handle = (request, options) => {
    const scheme = { HTTP: 'http', HTTPS: 'https' }[request.scheme()?.tag];
    const origin = originOf(`${scheme}://${request.authority()}`);
    if (!origins.has(origin) || request.method().tag !== 'get') throw { tag: 'HTTP-request-denied' };

    // The shim takes the shorter of the two for the time until an answer's head.
    options?.setConnectTimeout(options.firstByteTimeout());
    const response = http.outgoingHandler.handle(request, options);
    const get = response.get.bind(response);
    response.get = () => {
      const answer = get();
      const result = answer?.val;
      if (result?.tag === 'err' && result.val.tag in MEANT) result.val = { tag: MEANT[result.val.tag] };
      return answer;
    };
    return response;
  };
  // What isn't here, the plugin doesn't have. Where a body breaks off, preview2-shim has no code of the contract's, and that there is
  // no code is an answer. build.mjs refuses a plugin that wants more.
  const given = {
    'wasi:clocks/monotonic-clock': monotonicClock,
    'wasi:http/outgoing-handler': { handle },
    'wasi:http/types': { ...http.types, httpErrorCode: () => undefined },
    'wasi:io/error': io.error,
    'wasi:io/poll': io.poll,
    'wasi:io/streams': io.streams,
  };
  const { connection, sync } = await instantiate(
    (name) => modules[name],
    given,
    (module, imports) => new WebAssembly.Instance(module, imports),
  );
  const manifest = connection.describe();
  // The manifest is the plugin's word: whoever runs this may allow an address without TLS, and the plugin may not.
  origins = new Set((baseUrl ? [baseUrl] : manifest.origins.filter((origin) => origin.startsWith('https://'))).map(originOf));
  return { connection, sync, manifest };
}

/** The contract's error in what a call of the plugin's threw, or nothing where that is a trap. */
export function contractError(thrown) {
  const error = thrown?.payload ?? thrown;
  return typeof error?.kind === 'string' && typeof error.message === 'string' ? error : undefined;
}
