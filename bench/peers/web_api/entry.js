// The web-API bundle that every peer's unit holds: the larger packages that evald's own, larger set is made from. Makes
// globals, as a script. In this order, since each of these needs what those before it have made.

import './primitives.js';
import './globals.js';
import { FormData } from 'undici/lib/web/fetch/formdata.js';
import { Headers } from 'undici/lib/web/fetch/headers.js';
// Before the next one, which needs what it has set up.
import { Response } from 'undici/lib/web/fetch/response.js';
import { Request } from 'undici/lib/web/fetch/request.js';

for (const [name, value] of Object.entries({ FormData, Headers, Request, Response })) {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}
