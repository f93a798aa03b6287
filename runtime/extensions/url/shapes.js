// What the classes here have in common.

const { defineProperty, defineProperties, getOwnPropertyDescriptors } = Object;
const surrogate = /[\ud800-\udfff]/,
  loneSurrogates = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const ascii = /^[\0-\x7f]*$/,
  beyondAscii = /[^\0-\x7f]+/g;
const replace = Function.prototype.call.bind(String.prototype.replace);
const test = Function.prototype.call.bind(RegExp.prototype.test);

// A USVString.
export function textOf(value) {
  const text = `${value}`;
  return test(surrogate, text) ? replace(text, loneSurrogates, '\ufffd') : text;
}

// The same for what a URL is parsed from, with everything percent-encoded that is not ASCII. It has the same
// meaning in every part of a URL, and whatwg-url cuts characters beyond U+FFFF of a username in two.
export function urlText(value) {
  const text = textOf(value);
  return test(ascii, text) ? text : replace(text, beyondAscii, encodeURIComponent);
}

// A TypeError with Node's code for it.
export function typeError(code, message, more = undefined) {
  const error = new TypeError(message);
  defineProperty(error, 'code', { value: code, writable: true, enumerable: true, configurable: true });
  return Object.assign(error, more);
}

export function checkCount(args, names) {
  if (args.length >= names.length) return;
  const quoted = names.map((name) => `"${name}"`);
  throw typeError(
    'ERR_MISSING_ARGS',
    `The ${quoted.join(' and ')} argument${quoted.length > 1 ? 's' : ''} must be specified`,
  );
}

// Makes a class look as Web IDL has it: its members enumerable, but the constructor.
export function finish(Class, name, isGlobal = true) {
  for (const owner of [Class, Class.prototype]) {
    for (const [key, property] of Object.entries(getOwnPropertyDescriptors(owner))) {
      if (
        key !== 'constructor' &&
        property.configurable &&
        (property.get || typeof property.value === 'function')
      )
        defineProperties(owner, { [key]: { enumerable: true } });
    }
  }
  // A bundle may have had to rename it.
  defineProperty(Class, 'name', { value: name, configurable: true });
  defineProperty(Class.prototype, Symbol.toStringTag, { value: name, configurable: true });
  if (isGlobal) defineProperty(globalThis, name, { value: Class, writable: true, configurable: true });
}
