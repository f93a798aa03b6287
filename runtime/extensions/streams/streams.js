// The Streams Standard, and the streams that convert text and compress bytes. Other extensions import what they
// need of them, and can look inside a stream as the standards that build on this one do.

import * as standard from 'web-streams-polyfill';
import { CompressionStream, DecompressionStream } from './compression.js';
import { defineGlobals, hideInside, isDisturbed, isErrored, showStreams } from './inside.js';
import { TextDecoderStream, TextEncoderStream } from './text.js';
import './transfer.js';

// What the standard once had.
delete standard.WritableStreamDefaultController.prototype.abortReason;

hideInside(standard);
showStreams(standard);
defineGlobals({
  ...standard,
  TextDecoderStream,
  TextEncoderStream,
  CompressionStream,
  DecompressionStream,
});

export { isDisturbed, isErrored };
export const { ReadableStream, TransformStream, WritableStream } = standard;
