// What undici takes from the globals, and what other packages make.

import { URLPattern } from 'urlpattern-polyfill/urlpattern';
import * as streams from 'web-streams-polyfill';
import { URL, URLSearchParams } from 'whatwg-url';

for (const [name, value] of Object.entries({ URL, URLPattern, URLSearchParams, ...streams })) {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}
