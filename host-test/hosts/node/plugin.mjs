// The plugin's thread: makes JavaScript of the component, gives it what it may have, and answers connector.mjs.

import { transpile } from '@bytecodealliance/jco-transpile';
import { clocks, http, io } from '@bytecodealliance/preview2-shim';
import { parentPort, workerData } from 'node:worker_threads';

const { path, baseUrl, methods } = workerData;

/** Scheme, host and port, compared letter by letter: another spelling of an address is another address. */
const originOf = (/** @type {string} */ url) => url.split('/', 3).join('/').toLowerCase();

/** The place where requests may go: none, until the manifest has been read. */
let origins = new Set();

// preview2-shim takes the connect timeout for one until an answer's first byte, and when it runs out, says that no connection could
// be made. For a PUT that takes its time this isn't true, and the connector would believe that nothing was sent. A connection that was
// reset it calls a protocol error, after which nobody would try again.
const MEANT = { 'connection-timeout': 'connection-read-timeout', 'HTTP-protocol-error': 'connection-terminated' };

/** The plugin's only way out: `wasi:http/outgoing-handler`. */
function handle(request, options) {
  const scheme = { HTTP: 'http', HTTPS: 'https' }[request.scheme()?.tag];
  const origin = originOf(`${scheme}://${request.authority()}`);
  if (!origins.has(origin) || !methods.includes(request.method().tag)) throw { tag: 'HTTP-request-denied' };

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
}

// What isn't here, the plugin doesn't have: files, sockets, environment, arguments. Where a body breaks off, preview2-shim's
// httpErrorCode gives Node's own error, which is no code of the contract's, and the plugin traps; that there is no code is an answer.
const given = {
  'wasi:clocks/monotonic-clock': clocks.monotonicClock,
  'wasi:http/outgoing-handler': { handle },
  'wasi:http/types': { ...http.types, httpErrorCode: () => undefined },
  'wasi:io/error': io.error,
  'wasi:io/poll': io.poll,
  'wasi:io/streams': io.streams,
};

// In memory: nothing is written to disk. A platform would do this once for each version of a plugin, and keep the files.
const options = { name: 'connector', instantiation: 'async', emitTypescriptDeclarations: false };
const { files, imports } = await transpile(path, options);
const strange = imports.filter((name) => !(name in given));
if (strange.length > 0) throw new Error(`the plugin wants what no connector needs: ${strange.join(', ')}`);
const source = Buffer.from(files['connector.js']).toString('base64');
const { instantiate } = await import(`data:text/javascript;base64,${source}`);
const { connection, sync, provision } = await instantiate((name) => WebAssembly.compile(files[name]), given);
// The manifest is the plugin's word: whoever runs this may allow an address without TLS, and the plugin may not.
const wanted = baseUrl ? [baseUrl] : connection.describe().origins.filter((origin) => origin.startsWith('https://'));
origins = new Set(wanted.map(originOf));

let session;
const calls = {
  describe: () => connection.describe(),
  open: (authMethod, settings) => void (session = connection.Session.open(authMethod, settings)),
  validate: () => session.validate(),
  read: (kinds, cursor) => sync.read(session, kinds, cursor),
  held: (principal, cursor) => sync.held(session, principal, cursor),
  apply: (changes, options) => provision.apply(session, changes, options),
};

parentPort.on('message', ({ name, args }) => {
  let answer;
  try {
    answer = { result: calls[name](...args) };
  } catch (error) {
    // The contract's errors are plain records. What isn't one is a trap, and ends this thread: the plugin can't be called again.
    if (error instanceof Error) throw error;
    answer = { error };
  }
  parentPort.postMessage(answer);
});
