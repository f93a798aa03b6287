// What ECMA-429, the Minimum Common Web API, asks for: every interface with the members that its standard gives it,
// and every global method and property. Both sides evaluate this; surface_test.cc makes the table of it.
//
//   name: { standard, statics, members, tests, note }
//     statics   own properties of the constructor besides those that every function has
//     members   own properties of its prototype besides its constructor; a name that begins with @ is a symbol's.
//               The interface that it inherits from has its own row.
//     tests     where its behaviour is tested, below the root of the tree; the first part is what most names share
//     note      what there is to know
globalThis.interfaces = {
  AbortController: { standard: 'DOM', members: 'abort signal', tests: 'conformance/events.js' },
  AbortSignal: {
    standard: 'DOM',
    statics: 'abort any timeout',
    members: 'aborted onabort reason throwIfAborted',
    tests: 'conformance/events.js',
  },
  Event: {
    standard: 'DOM',
    statics: 'AT_TARGET BUBBLING_PHASE CAPTURING_PHASE NONE',
    members:
      'AT_TARGET BUBBLING_PHASE CAPTURING_PHASE NONE bubbles cancelBubble cancelable composed composedPath ' +
      'currentTarget defaultPrevented eventPhase initEvent preventDefault returnValue srcElement ' +
      'stopImmediatePropagation stopPropagation target timeStamp type',
    tests: 'conformance/events.js',
  },
  EventTarget: {
    standard: 'DOM',
    members: 'addEventListener dispatchEvent removeEventListener',
    tests: 'conformance/events.js',
  },
  CustomEvent: { standard: 'DOM', members: 'detail initCustomEvent', tests: 'conformance/events.js' },
  ErrorEvent: {
    standard: 'HTML',
    members: 'colno error filename lineno message',
    tests: 'conformance/events.js',
  },
  MessageChannel: { standard: 'HTML', members: 'port1 port2', tests: 'conformance/messaging.js' },
  MessageEvent: {
    standard: 'HTML',
    members: 'data initMessageEvent lastEventId origin ports source',
    tests: 'conformance/messaging.js',
  },
  MessagePort: {
    standard: 'HTML',
    members: 'close onmessage onmessageerror postMessage start',
    tests: 'conformance/messaging.js',
  },
  PromiseRejectionEvent: { standard: 'HTML', members: 'promise reason', tests: 'conformance/events.js' },
  DOMException: {
    standard: 'Web IDL',
    statics:
      'ABORT_ERR DATA_CLONE_ERR DOMSTRING_SIZE_ERR HIERARCHY_REQUEST_ERR INDEX_SIZE_ERR INUSE_ATTRIBUTE_ERR ' +
      'INVALID_ACCESS_ERR INVALID_CHARACTER_ERR INVALID_MODIFICATION_ERR INVALID_NODE_TYPE_ERR INVALID_STATE_ERR ' +
      'NAMESPACE_ERR NETWORK_ERR NOT_FOUND_ERR NOT_SUPPORTED_ERR NO_DATA_ALLOWED_ERR NO_MODIFICATION_ALLOWED_ERR ' +
      'QUOTA_EXCEEDED_ERR SECURITY_ERR SYNTAX_ERR TIMEOUT_ERR TYPE_MISMATCH_ERR URL_MISMATCH_ERR VALIDATION_ERR ' +
      'WRONG_DOCUMENT_ERR',
    members: 'code message name',
    tests: 'conformance/base64.js',
  },
  Headers: {
    standard: 'Fetch',
    members: 'append delete entries forEach get getSetCookie has keys set values @iterator',
    tests: 'conformance/fetch.js',
  },
  Request: {
    standard: 'Fetch',
    members:
      'arrayBuffer blob body bodyUsed bytes cache clone credentials destination duplex formData headers integrity ' +
      'isHistoryNavigation isReloadNavigation json keepalive method mode redirect referrer referrerPolicy signal text url',
    tests: 'conformance/fetch.js',
  },
  Response: {
    standard: 'Fetch',
    statics: 'error json redirect',
    members:
      'arrayBuffer blob body bodyUsed bytes clone formData headers json ok redirected status statusText text type url',
    tests: 'conformance/fetch.js',
  },
  FormData: {
    standard: 'XMLHttpRequest',
    members: 'append delete entries forEach get getAll has keys set values @iterator',
    tests: 'conformance/fetch.js',
  },
  Blob: {
    standard: 'File API',
    members: 'arrayBuffer bytes size slice stream text type',
    tests: 'conformance/blob.js',
  },
  File: { standard: 'File API', members: 'lastModified name', tests: 'conformance/blob.js' },
  CompressionStream: {
    standard: 'Compression',
    members: 'readable writable',
    tests: 'conformance/compression.js',
  },
  DecompressionStream: {
    standard: 'Compression',
    members: 'readable writable',
    tests: 'conformance/compression.js',
  },
  ByteLengthQueuingStrategy: {
    standard: 'Streams',
    members: 'highWaterMark size',
    tests: 'conformance/streams.js',
  },
  CountQueuingStrategy: {
    standard: 'Streams',
    members: 'highWaterMark size',
    tests: 'conformance/streams.js',
  },
  ReadableByteStreamController: {
    standard: 'Streams',
    members: 'byobRequest close desiredSize enqueue error',
    tests: 'conformance/streams.js',
  },
  ReadableStream: {
    standard: 'Streams',
    statics: 'from',
    members: 'cancel getReader locked pipeThrough pipeTo tee values @asyncIterator',
    tests: 'conformance/streams.js',
  },
  ReadableStreamBYOBReader: {
    standard: 'Streams',
    members: 'cancel closed read releaseLock',
    tests: 'conformance/streams.js',
  },
  ReadableStreamBYOBRequest: {
    standard: 'Streams',
    members: 'respond respondWithNewView view',
    tests: 'conformance/streams.js',
  },
  ReadableStreamDefaultController: {
    standard: 'Streams',
    members: 'close desiredSize enqueue error',
    tests: 'conformance/streams.js',
  },
  ReadableStreamDefaultReader: {
    standard: 'Streams',
    members: 'cancel closed read releaseLock',
    tests: 'conformance/streams.js',
  },
  TransformStream: {
    standard: 'Streams',
    members: 'readable writable',
    tests: 'conformance/streams.js',
  },
  TransformStreamDefaultController: {
    standard: 'Streams',
    members: 'desiredSize enqueue error terminate',
    tests: 'conformance/streams.js',
  },
  WritableStream: {
    standard: 'Streams',
    members: 'abort close getWriter locked',
    tests: 'conformance/streams.js',
  },
  WritableStreamDefaultController: {
    standard: 'Streams',
    members: 'error signal',
    tests: 'conformance/streams.js',
  },
  WritableStreamDefaultWriter: {
    standard: 'Streams',
    members: 'abort close closed desiredSize ready releaseLock write',
    tests: 'conformance/streams.js',
  },
  TextDecoder: {
    standard: 'Encoding',
    members: 'decode encoding fatal ignoreBOM',
    tests: 'conformance/encoding.js',
  },
  TextDecoderStream: {
    standard: 'Encoding',
    members: 'encoding fatal ignoreBOM readable writable',
    tests: 'conformance/streams.js',
  },
  TextEncoder: {
    standard: 'Encoding',
    members: 'encode encodeInto encoding',
    tests: 'conformance/encoding.js',
  },
  TextEncoderStream: {
    standard: 'Encoding',
    members: 'encoding readable writable',
    tests: 'conformance/streams.js',
  },
  URL: {
    standard: 'URL',
    statics: 'canParse',
    members:
      'hash host hostname href origin password pathname port protocol search searchParams toJSON toString username',
    tests: 'conformance/url.js',
    note: 'Blobs have no URLs: there are no createObjectURL and revokeObjectURL.',
  },
  URLSearchParams: {
    standard: 'URL',
    members: 'append delete entries forEach get getAll has keys set size sort toString values @iterator',
    tests: 'conformance/url.js',
  },
  URLPattern: {
    standard: 'URL Pattern',
    members: 'exec hasRegExpGroups hash hostname password pathname port protocol search test username',
    tests: 'runtime/extensions/url/url_test.cc',
  },
  Crypto: {
    standard: 'Web Crypto',
    members: 'getRandomValues randomUUID subtle',
    tests: 'conformance/crypto.js',
  },
  CryptoKey: {
    standard: 'Web Crypto',
    members: 'algorithm extractable type usages',
    tests: 'conformance/crypto.js',
  },
  SubtleCrypto: {
    standard: 'Web Crypto',
    members:
      'decrypt deriveBits deriveKey digest encrypt exportKey generateKey importKey sign unwrapKey verify wrapKey',
    tests: 'conformance/crypto.js',
  },
  Performance: {
    standard: 'High Resolution Time',
    members: 'now timeOrigin toJSON',
    tests: 'runtime/extensions/performance/performance_test.cc',
  },
  'WebAssembly.Global': { standard: 'WebAssembly', members: 'value valueOf', tests: 'engine' },
  'WebAssembly.Instance': { standard: 'WebAssembly', members: 'exports', tests: 'engine' },
  'WebAssembly.Memory': { standard: 'WebAssembly', members: 'buffer grow', tests: 'engine' },
  'WebAssembly.Module': {
    standard: 'WebAssembly',
    statics: 'customSections exports imports',
    members: '',
    tests: 'engine',
  },
  'WebAssembly.Table': { standard: 'WebAssembly', members: 'get grow length set', tests: 'engine' },
  'WebAssembly.Tag': { standard: 'WebAssembly', members: '', tests: 'engine' },
  'WebAssembly.Exception': { standard: 'WebAssembly', members: 'getArg is', tests: 'engine' },
  'WebAssembly.CompileError': { standard: 'WebAssembly', members: 'message name', tests: 'engine' },
  'WebAssembly.LinkError': { standard: 'WebAssembly', members: 'message name', tests: 'engine' },
  'WebAssembly.RuntimeError': { standard: 'WebAssembly', members: 'message name', tests: 'engine' },
};

// Global methods and properties: name to { standard, kind, tests, note }. `kind` is what typeof says; 'object?' is
// an object or null.
globalThis.globals = {
  globalThis: { standard: 'ECMAScript', kind: 'object', tests: 'engine' },
  atob: { standard: 'HTML', kind: 'function', tests: 'conformance/base64.js' },
  btoa: { standard: 'HTML', kind: 'function', tests: 'conformance/base64.js' },
  clearTimeout: { standard: 'HTML', kind: 'function', tests: 'conformance/loop.js' },
  clearInterval: { standard: 'HTML', kind: 'function', tests: 'conformance/loop.js' },
  'navigator.userAgent': {
    standard: 'HTML',
    kind: 'string',
    tests: 'runtime/extensions/navigator/navigator_test.cc',
  },
  onerror: { standard: 'HTML', kind: 'object?', tests: 'conformance/events.js' },
  onunhandledrejection: { standard: 'HTML', kind: 'object?', tests: 'conformance/events.js' },
  onrejectionhandled: { standard: 'HTML', kind: 'object?', tests: 'conformance/events.js' },
  queueMicrotask: { standard: 'HTML', kind: 'function', tests: 'conformance/loop.js' },
  reportError: { standard: 'HTML', kind: 'function', tests: 'conformance/events.js' },
  self: { standard: 'HTML', kind: 'object', tests: 'conformance/events.js' },
  setTimeout: { standard: 'HTML', kind: 'function', tests: 'conformance/loop.js' },
  setInterval: { standard: 'HTML', kind: 'function', tests: 'conformance/loop.js' },
  structuredClone: { standard: 'HTML', kind: 'function', tests: 'conformance/clone.js' },
  fetch: {
    standard: 'Fetch',
    kind: 'function',
    tests: 'conformance/fetch.js',
    note: 'Rejects: evald gives scripts no network.',
  },
  console: { standard: 'Console', kind: 'object', tests: 'runtime/extensions/console/console_test.cc' },
  crypto: { standard: 'Web Crypto', kind: 'object', tests: 'conformance/crypto.js' },
  performance: {
    standard: 'High Resolution Time',
    kind: 'object',
    tests: 'runtime/extensions/performance/performance_test.cc',
    note: 'Counts in steps of 0.1 ms: a finer clock would be a side channel.',
  },
  'WebAssembly.compile': { standard: 'WebAssembly', kind: 'function', tests: 'engine' },
  'WebAssembly.compileStreaming': {
    standard: 'WebAssembly',
    kind: 'function',
    tests: 'runtime/extensions/webassembly/webassembly_test.cc',
  },
  'WebAssembly.instantiate': { standard: 'WebAssembly', kind: 'function', tests: 'engine' },
  'WebAssembly.instantiateStreaming': {
    standard: 'WebAssembly',
    kind: 'function',
    tests: 'runtime/extensions/webassembly/webassembly_test.cc',
  },
  'WebAssembly.JSTag': {
    standard: 'WebAssembly',
    kind: 'object',
    tests: 'engine',
    note: 'Newer than the V8 of Debian 12.',
  },
  'WebAssembly.validate': { standard: 'WebAssembly', kind: 'function', tests: 'engine' },
};
