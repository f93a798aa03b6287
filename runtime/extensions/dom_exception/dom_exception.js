// DOMException of the Web IDL Standard. An instance is a true Error: it has a stack, and shows as one. Other
// extensions throw it (`import { DOMException } from 'evald:dom_exception'`).

import { dom_exception_describe as describe } from 'evald:ops';
const { defineProperty, setPrototypeOf } = Object;
const { construct } = Reflect;
const ErrorOf = Error;

const codes = {
  __proto__: null,
  IndexSizeError: 1,
  HierarchyRequestError: 3,
  WrongDocumentError: 4,
  InvalidCharacterError: 5,
  NoModificationAllowedError: 7,
  NotFoundError: 8,
  NotSupportedError: 9,
  InUseAttributeError: 10,
  InvalidStateError: 11,
  SyntaxError: 12,
  InvalidModificationError: 13,
  NamespaceError: 14,
  InvalidAccessError: 15,
  TypeMismatchError: 17,
  SecurityError: 18,
  NetworkError: 19,
  AbortError: 20,
  URLMismatchError: 21,
  QuotaExceededError: 22,
  TimeoutError: 23,
  InvalidNodeTypeError: 24,
  DataCloneError: 25,
};

class Itself {
  constructor(object) {
    return object;
  }
}

// The private fields of an error that Error made.
class Fields extends Itself {
  #name;
  #message;
  constructor(error, name, message) {
    super(error);
    this.#name = name;
    this.#message = message;
  }
  static has(error) {
    return typeof error === 'object' && error !== null && #name in error;
  }
  static name(error) {
    return error.#name;
  }
  static message(error) {
    return error.#message;
  }
}

function check(receiver) {
  if (!Fields.has(receiver)) throw new TypeError('Value of "this" must be of DOMException');
  return receiver;
}

export const isDOMException = Fields.has;

export class DOMException {
  constructor(message = '', options = 'Error') {
    // The stack begins at the caller of what is newly made.
    const error = construct(ErrorOf, [], new.target);
    const text = `${message}`;
    let name = options;
    if (typeof options === 'object' && options !== null) {
      ({ name } = options);
      if ('cause' in options) {
        defineProperty(error, 'cause', {
          __proto__: null,
          value: options.cause,
          writable: true,
          configurable: true,
        });
      }
    }
    name = `${name}`;
    new Fields(error, name, text);
    describe(error, name, text);
    return error;
  }
  get name() {
    return Fields.name(check(this));
  }
  get message() {
    return Fields.message(check(this));
  }
  get code() {
    return codes[Fields.name(check(this))] ?? 0;
  }
}

setPrototypeOf(DOMException.prototype, Error.prototype);
for (const name of ['name', 'message', 'code'])
  defineProperty(DOMException.prototype, name, { enumerable: true });
const constants = [
  'INDEX_SIZE_ERR',
  'DOMSTRING_SIZE_ERR',
  'HIERARCHY_REQUEST_ERR',
  'WRONG_DOCUMENT_ERR',
  'INVALID_CHARACTER_ERR',
  'NO_DATA_ALLOWED_ERR',
  'NO_MODIFICATION_ALLOWED_ERR',
  'NOT_FOUND_ERR',
  'NOT_SUPPORTED_ERR',
  'INUSE_ATTRIBUTE_ERR',
  'INVALID_STATE_ERR',
  'SYNTAX_ERR',
  'INVALID_MODIFICATION_ERR',
  'NAMESPACE_ERR',
  'INVALID_ACCESS_ERR',
  'VALIDATION_ERR',
  'TYPE_MISMATCH_ERR',
  'SECURITY_ERR',
  'NETWORK_ERR',
  'ABORT_ERR',
  'URL_MISMATCH_ERR',
  'QUOTA_EXCEEDED_ERR',
  'TIMEOUT_ERR',
  'INVALID_NODE_TYPE_ERR',
  'DATA_CLONE_ERR',
];
constants.forEach((constant, index) => {
  const property = { value: index + 1, enumerable: true };
  defineProperty(DOMException, constant, property);
  defineProperty(DOMException.prototype, constant, property);
});
defineProperty(DOMException.prototype, Symbol.toStringTag, {
  value: 'DOMException',
  configurable: true,
});
defineProperty(globalThis, 'DOMException', { value: DOMException, writable: true, configurable: true });
