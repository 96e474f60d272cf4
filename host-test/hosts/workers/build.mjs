// Makes the Worker: transpiles the plugin, and bundles it with src/ into one script, with its WebAssembly beside it.
//
// A Worker in production may not compile WebAssembly from bytes, so the modules are files that wrangler uploads.

import { transpile } from '@bytecodealliance/jco-transpile';
import { build } from 'esbuild';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const [plugin = here('../../../dist/cloudflare-zero-trust-reader.wasm'), to = here('dist'), entry = here('src/worker.mjs')] =
  process.argv.slice(2);

/** The imports that the Worker gives a plugin: see src/plugin.mjs. */
const GIVEN = ['wasi:clocks/monotonic-clock', 'wasi:http/outgoing-handler', 'wasi:http/types', 'wasi:io/error', 'wasi:io/poll', 'wasi:io/streams'];

// JSPI: a call that waits for the network suspends WebAssembly, and JavaScript goes on. Only `read` waits; the other exports that
// the Worker calls send nothing.
const { files, imports } = await transpile(plugin, {
  name: 'connector',
  instantiation: 'async',
  asyncMode: 'jspi',
  asyncWasiImports: true,
  asyncWasiExports: true,
  asyncExports: ['iga:connector/sync@0.1.0#read'],
  emitTypescriptDeclarations: false,
});
const strange = imports.filter((name) => !GIVEN.includes(name));
if (strange.length > 0) throw new Error(`the plugin wants what no connector needs: ${strange.join(', ')}`);

const modules = Object.keys(files).filter((name) => name.endsWith('.wasm'));
const connector = `
  ${modules.map((name, at) => `import module${at} from './${name}';`).join('\n')}
  export const modules = { ${modules.map((name, at) => `'${name}': module${at}`).join()} };
  export { instantiate } from 'connector/transpiled';
`;
const sources = { 'connector': connector, 'connector/transpiled': Buffer.from(files['connector.js']).toString() };
const virtual = {
  name: 'connector',
  setup(/** @type {import('esbuild').PluginBuild} */ { onResolve, onLoad }) {
    onResolve({ filter: /^connector(\/transpiled)?$/ }, ({ path }) => ({ path, namespace: 'connector' }));
    onLoad({ filter: /.*/, namespace: 'connector' }, ({ path }) => ({ contents: sources[path], loader: 'js' }));
  },
};

await mkdir(to, { recursive: true });
for (const name of modules) await writeFile(join(to, name), files[name]);
await build({
  entryPoints: [entry],
  outfile: join(to, 'worker.js'),
  bundle: true,
  format: 'esm',
  target: 'es2024',
  // preview2-shim's build for browsers, which is made of Fetch.
  conditions: ['workerd', 'worker', 'browser'],
  external: ['cloudflare:*', 'node:*', '*.wasm'],
  plugins: [virtual],
  legalComments: 'none',
  minifyWhitespace: true,
  logLevel: 'warning',
});
console.log(`${join(to, 'worker.js')}, and ${modules.length} modules of WebAssembly`);
