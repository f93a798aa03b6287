// What is thrown.

import { DOMException } from 'evald:dom_exception';
import { TypeErrorOf } from './primordials.js';

export const typeError = (message) => new TypeErrorOf(message);
export const notSupported = (message) => new DOMException(message, 'NotSupportedError');
export const syntaxError = (message) => new DOMException(message, 'SyntaxError');
export const dataError = (message) => new DOMException(message, 'DataError');
export const invalidAccess = (message) => new DOMException(message, 'InvalidAccessError');
export const operationError = (message = 'The operation failed for an operation-specific reason') =>
  new DOMException(message, 'OperationError');

// What a native function gave; undefined says that it failed.
export function done(result) {
  if (result === undefined) throw operationError();
  return result;
}

export function imported(material) {
  if (material === undefined) throw dataError('Invalid key data');
  return material;
}
