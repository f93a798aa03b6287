// The part of Node.js's Buffer that undici needs: bytes that know how to be text.

const { TextDecoder, TextEncoder, atob, btoa } = globalThis;
const uncurry = Function.prototype.bind.bind(Function.prototype.call);
const encode = uncurry(TextEncoder.prototype.encode);
const decode = uncurry(TextDecoder.prototype.decode);
const indexOfByte = uncurry(Uint8Array.prototype.indexOf);
const codeAt = uncurry(String.prototype.charCodeAt);
const encoder = new TextEncoder();

function fromLatin1(text) {
  const bytes = new Buffer(text.length);
  for (let i = 0; i < text.length; ++i) bytes[i] = codeAt(text, i);
  return bytes;
}

// As Node.js: whatever is no Base64 is passed over, and both alphabets are read.
function fromBase64(text) {
  const digits = text
    .replace(/=[^]*/, '')
    .replace(/-/g, '+')
    .replace(/_/g, '/')
    .replace(/[^A-Za-z0-9+/]/g, '');
  return fromLatin1(atob(digits.length % 4 === 1 ? digits.slice(0, -1) : digits));
}

function toLatin1(bytes) {
  let text = '';
  for (let i = 0; i < bytes.length; ++i) text += String.fromCharCode(bytes[i]);
  return text;
}

export class Buffer extends Uint8Array {
  static from(value, encoding = 'utf8') {
    if (typeof value === 'string') {
      if (encoding === 'base64') return fromBase64(value);
      if (encoding === 'binary') return fromLatin1(value);
      const bytes = encode(encoder, value);
      return new Buffer(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    if (typeof value !== 'object' || value === null)
      throw new TypeError('The first argument must be a string, bytes, or an array of numbers');
    return new Buffer(value);
  }
  static allocUnsafe(size) {
    return new Buffer(size);
  }
  static concat(list, size) {
    const bytes = new Buffer(size);
    for (let i = 0, at = 0; i < list.length; ++i) {
      bytes.set(list[i], at);
      at += list[i].length;
    }
    return bytes;
  }
  static isBuffer(value) {
    return value instanceof Buffer;
  }
  static byteLength(value) {
    return typeof value === 'string' ? encode(encoder, value).length : value.byteLength;
  }
  // Where `wanted`, bytes too, is found first.
  indexOf(wanted, from = 0) {
    const first = wanted[0];
    for (let at = indexOfByte(this, first, from); at >= 0; at = indexOfByte(this, first, at + 1)) {
      let i = 1;
      while (i < wanted.length && this[at + i] === wanted[i]) ++i;
      if (i === wanted.length) return at;
    }
    return -1;
  }
  equals(other) {
    if (this.length !== other.length) return false;
    for (let i = 0; i < this.length; ++i) if (this[i] !== other[i]) return false;
    return true;
  }
  toString(encoding = 'utf8') {
    if (encoding === 'latin1') return toLatin1(this);
    if (encoding === 'base64') return btoa(toLatin1(this));
    return decode(new TextDecoder('utf-8', { ignoreBOM: true }), this);
  }
}
