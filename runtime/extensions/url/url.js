// URL of the URL Standard. Parsing and serializing are whatwg-url's.

import {
  basicURLParse,
  cannotHaveAUsernamePasswordPort,
  hasAnOpaquePath,
  serializeHost,
  serializePath,
  serializeURL,
  serializeURLOrigin,
  setThePassword,
  setTheUsername,
} from 'whatwg-url/lib/url-state-machine.js';
import { inspect, nameOf } from 'evald:console';
import { paramsOf, updateParams } from './search_params.js';
import { checkCount, finish, textOf, typeError, urlText } from './shapes.js';

const customInspect = Symbol.for('nodejs.util.inspect.custom');

// The record of a URL, or null.
function parse(input, base) {
  let baseURL = null;
  if (base !== undefined) {
    baseURL = basicURLParse(urlText(base));
    if (baseURL === null) return null;
  }
  return basicURLParse(urlText(input), { baseURL });
}

function invalid(input, base) {
  return typeError('ERR_INVALID_URL', 'Invalid URL', base === undefined ? { input } : { input, base });
}

class URL {
  #record;
  // The object that searchParams gives, once it has been asked for.
  #params;
  constructor(url, base = undefined) {
    checkCount(arguments, ['url']);
    const input = `${url}`,
      from = base === undefined ? undefined : `${base}`;
    this.#record = parse(input, from);
    if (this.#record === null) throw invalid(input, from);
  }
  toString() {
    return serializeURL(this.#record);
  }
  get href() {
    return serializeURL(this.#record);
  }
  set href(value) {
    this.#record;
    const input = `${value}`,
      record = parse(input);
    if (record === null) throw invalid(input);
    this.#record = record;
    this.#queryChanged();
  }
  get origin() {
    return serializeURLOrigin(this.#record);
  }
  get protocol() {
    return `${this.#record.scheme}:`;
  }
  set protocol(value) {
    basicURLParse(`${urlText(value)}:`, { url: this.#record, stateOverride: 'scheme start' });
  }
  get username() {
    return this.#record.username;
  }
  set username(value) {
    const text = urlText(value);
    if (!cannotHaveAUsernamePasswordPort(this.#record)) setTheUsername(this.#record, text);
  }
  get password() {
    return this.#record.password;
  }
  set password(value) {
    const text = urlText(value);
    if (!cannotHaveAUsernamePasswordPort(this.#record)) setThePassword(this.#record, text);
  }
  get host() {
    const { host, port } = this.#record;
    if (host === null) return '';
    return port === null ? serializeHost(host) : `${serializeHost(host)}:${port}`;
  }
  set host(value) {
    const text = urlText(value);
    if (!hasAnOpaquePath(this.#record))
      basicURLParse(text, { url: this.#record, stateOverride: 'host' });
  }
  get hostname() {
    const { host } = this.#record;
    return host === null ? '' : serializeHost(host);
  }
  set hostname(value) {
    const text = urlText(value);
    if (!hasAnOpaquePath(this.#record))
      basicURLParse(text, { url: this.#record, stateOverride: 'hostname' });
  }
  get port() {
    const { port } = this.#record;
    return port === null ? '' : `${port}`;
  }
  set port(value) {
    const text = urlText(value);
    if (cannotHaveAUsernamePasswordPort(this.#record)) return;
    if (text === '') this.#record.port = null;
    else basicURLParse(text, { url: this.#record, stateOverride: 'port' });
  }
  get pathname() {
    return serializePath(this.#record);
  }
  set pathname(value) {
    const text = urlText(value);
    if (hasAnOpaquePath(this.#record)) return;
    this.#record.path = [];
    basicURLParse(text, { url: this.#record, stateOverride: 'path start' });
  }
  get search() {
    const { query } = this.#record;
    return query === null || query === '' ? '' : `?${query}`;
  }
  set search(value) {
    const text = urlText(value),
      record = this.#record;
    if (text === '') {
      record.query = null;
    } else {
      record.query = '';
      basicURLParse(text[0] === '?' ? text.slice(1) : text, { url: record, stateOverride: 'query' });
    }
    this.#queryChanged();
  }
  get searchParams() {
    this.#params ??= paramsOf(this.#record.query ?? '', (query) => {
      this.#record.query = query === '' ? null : query;
    });
    return this.#params;
  }
  get hash() {
    const { fragment } = this.#record;
    return fragment === null || fragment === '' ? '' : `#${fragment}`;
  }
  set hash(value) {
    const text = urlText(value),
      record = this.#record;
    if (text === '') {
      record.fragment = null;
      return;
    }
    record.fragment = '';
    basicURLParse(text[0] === '#' ? text.slice(1) : text, { url: record, stateOverride: 'fragment' });
  }
  toJSON() {
    return serializeURL(this.#record);
  }
  static canParse(url, base = undefined) {
    checkCount(arguments, ['url']);
    return parse(`${url}`, base) !== null;
  }
  static parse(url, base = undefined) {
    checkCount(arguments, ['url']);
    const record = parse(`${url}`, base);
    if (record === null) return null;
    const made = new URL('about:blank');
    made.#record = record;
    return made;
  }
  [customInspect](depth, options) {
    if (typeof depth === 'number' && depth < 0) return this;
    const { href, origin, protocol, username, password, host } = this;
    const { hostname, port, pathname, search, searchParams, hash } = this;
    const fields = { href, origin, protocol, username, password, host };
    const shown = { ...fields, hostname, port, pathname, search, searchParams, hash };
    return `${nameOf(this, URL)} ${inspect(shown, options)}`;
  }

  #queryChanged() {
    if (this.#params !== undefined) updateParams(this.#params, this.#record.query ?? '');
  }
}

finish(URL, 'URL');

export { URL };
export { URLSearchParams } from './search_params.js';
export { URLPattern } from './pattern.js';
