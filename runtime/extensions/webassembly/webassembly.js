// webassembly: WebAssembly.compileStreaming and instantiateStreaming, which V8 leaves to its host. There is no
// WebAssembly while a snapshot is built, so the host hands it over when the snapshot has been loaded.

import { setHook } from 'evald:hooks';

const { apply, defineProperty } = Reflect;
const { toLowerCase, trim } = String.prototype;

// What is known of a Response is what is asked of it, whoever made it.
function isResponse(value) {
  return (
    value !== null &&
    typeof value === 'object' &&
    typeof value.ok === 'boolean' &&
    typeof value.arrayBuffer === 'function' &&
    typeof value.headers?.get === 'function'
  );
}

async function bytesOf(source, name) {
  const fail = (what) => {
    throw new TypeError(`WebAssembly.${name}(): ${what}`);
  };
  const response = await source;
  if (!isResponse(response)) fail('Argument 0 must be a Response or a promise of one');
  const type = response.headers.get('content-type') ?? '';
  if (apply(toLowerCase, apply(trim, type, []), []) !== 'application/wasm')
    fail(`The response has the MIME type '${type}' instead of 'application/wasm'`);
  if (!response.ok) fail(`The response has the status ${response.status}`);
  if (response.bodyUsed) fail('The body of the response has been used');
  return response.arrayBuffer();
}

setHook('webassembly.install', (WebAssembly) => {
  const { compile, instantiate } = WebAssembly;
  const methods = {
    async compileStreaming(source) {
      return apply(compile, WebAssembly, [await bytesOf(source, 'compileStreaming')]);
    },
    async instantiateStreaming(source, imports = undefined) {
      return apply(instantiate, WebAssembly, [await bytesOf(source, 'instantiateStreaming'), imports]);
    },
  };
  for (const name of ['compileStreaming', 'instantiateStreaming'])
    defineProperty(WebAssembly, name, {
      value: methods[name],
      writable: true,
      enumerable: true,
      configurable: true,
    });
});
