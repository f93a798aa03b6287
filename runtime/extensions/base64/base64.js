// atob and btoa of the HTML Standard. The work is native; the strings, their errors and their manners are
// here.

import { DOMException } from 'evald:dom_exception';
import { base64_encode as encode, base64_decode as decode } from 'evald:ops';
const { defineProperty } = Object;

function missing() {
  const error = new TypeError('The "input" argument must be specified');
  defineProperty(error, 'code', {
    value: 'ERR_MISSING_ARGS',
    writable: true,
    enumerable: true,
    configurable: true,
  });
  return error;
}

const functions = {
  atob(data) {
    if (arguments.length === 0) throw missing();
    const decoded = decode(`${data}`);
    if (decoded === undefined)
      throw new DOMException(
        'The string to be decoded is not correctly encoded.',
        'InvalidCharacterError',
      );
    return decoded;
  },
  btoa(data) {
    if (arguments.length === 0) throw missing();
    const encoded = encode(`${data}`);
    if (encoded === undefined) throw new DOMException('Invalid character', 'InvalidCharacterError');
    return encoded;
  },
};

for (const name of ['atob', 'btoa']) {
  defineProperty(globalThis, name, {
    value: functions[name],
    writable: true,
    enumerable: true,
    configurable: true,
  });
}
