// Headers, Request, Response and FormData of the Fetch Standard: undici's, as in Node.js 20. And fetch, for which
// there is no network.

import { FormData } from 'undici/lib/web/fetch/formdata.js';
import { Headers } from 'undici/lib/web/fetch/headers.js';
// Before the next one, which needs what it has set up.
import { Response } from 'undici/lib/web/fetch/response.js';
import { Request } from 'undici/lib/web/fetch/request.js';

async function fetch(input, init = undefined) {
  const { signal } = new Request(...arguments);
  signal.throwIfAborted();
  throw new TypeError('fetch failed: this evald gives scripts no network');
}

const { defineProperty, entries } = Object;
for (const [name, type] of entries({ FormData, Headers, Request, Response })) {
  // The bundler has names of its own.
  defineProperty(type, 'name', { value: name, configurable: true });
  defineProperty(globalThis, name, { value: type, writable: true, configurable: true });
}
defineProperty(globalThis, 'fetch', {
  value: fetch,
  writable: true,
  enumerable: true,
  configurable: true,
});

export { FormData, Headers, Request, Response };
