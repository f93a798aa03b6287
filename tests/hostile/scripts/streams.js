// Scripts that misuse streams, compression and bodies. The format of these files: tests/hostile/corpus.h.

//## decompression-bomb-kept
//# expect: throws RangeError
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# why: what is unpacked is kept until one of the limits is reached, the one on array buffers as a rule
//# wall: 20000
(async () => {
  const packed = async (input, times) => {
    const pack = new CompressionStream('gzip');
    const writer = pack.writable.getWriter();
    for (let i = 0; i < times; ++i) writer.write(input);
    writer.close();
    return new Uint8Array(await new Response(pack.readable).arrayBuffer());
  };
  const once = await packed(new Uint8Array(1 << 20), 64);
  const bomb = await packed(once, 100);
  const unpack = () => new DecompressionStream('gzip');
  const kept = [];
  for (;;) {
    for await (const megabytes of new Blob([bomb]).stream().pipeThrough(unpack())) {
      for await (const zeros of new Blob([once]).stream().pipeThrough(unpack())) kept.push(zeros, megabytes);
    }
  }
})();

//## decompression-bomb-as-text
//# expect: throws RangeError
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# why: the bytes are kept until one of the limits is reached, the one on array buffers as a rule
//# wall: 20000
(async () => {
  const pack = new CompressionStream('deflate');
  const writer = pack.writable.getWriter();
  for (let i = 0; i < 64; ++i) writer.write(new Uint8Array(1 << 20));
  writer.close();
  const packed = await new Response(pack.readable).blob();
  async function* unpacked() {
    for (;;) yield* packed.stream().pipeThrough(new DecompressionStream('deflate'));
  }
  return (await new Response(ReadableStream.from(unpacked())).text()).length;
})();

//## compression-streams-without-end
//# expect: throws RangeError
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# why: the limit on array buffers is the nearer one, as a rule
const kept = [];
for (;;) kept.push(new CompressionStream('gzip'));

//## endless-stream-read
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
(async () => {
  for await (const chunk of new ReadableStream({ pull: (controller) => controller.enqueue('more') }));
})();

//## endless-stream-piped
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
new ReadableStream({ pull: (controller) => controller.enqueue('more') }).pipeTo(new WritableStream());

//## endless-stream-as-a-body
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# expect: throws RangeError
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# why: the chunks are kept until one of the limits is reached
//# wall: 20000
new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65536)) })).text();

//## tee-of-an-endless-stream
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# why: what one branch has read, the other keeps
//# wall: 20000
(async () => {
  const [read, kept] = new ReadableStream({
    pull: (controller) => controller.enqueue(new Array(10000).fill(0)),
  }).tee();
  for await (const chunk of read);
  return kept;
})();

//## pull-that-never-returns
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
new ReadableStream({
  pull() {
    for (;;);
  },
})
  .getReader()
  .read();

//## pull-that-never-settles
//# expect: throws UnsettledPromiseError
new ReadableStream({ pull: () => new Promise(() => {}) }).getReader().read();

//## stream-of-streams
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# why: each stage is one more to go through
let stream = ReadableStream.from([1]);
for (;;) stream = stream.pipeThrough(new TransformStream());

//## blob-bomb
//# expect: throws RangeError
let blob = new Blob(['0123456789abcdef']);
for (;;) blob = new Blob([blob, blob]);

//## multipart-bomb
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# expect: throws RangeError
//# why: a million parts of a few bytes each; which limit they reach depends on the machine
//# wall: 5000
(async () => {
  const part = '--b\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\nx\r\n';
  const body = part.repeat(1e6) + '--b--';
  const kept = [];
  for (;;)
    kept.push(
      await new Response(body, { headers: { 'Content-Type': 'multipart/form-data; boundary=b' } }).formData(),
    );
})();

//## multipart-boundary-of-one-letter
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
(async () => {
  const boundary = '-'.repeat(50000);
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\n`;
  const body = head + ('-'.repeat(49999) + 'x').repeat(200);
  for (;;)
    try {
      await new Response(body, {
        headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` },
      }).formData();
    } catch {}
})();

//## headers-without-end
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# expect: throws RangeError
//# why: values of one name are joined to one text, which becomes longer than a string may be
//# wall: 20000
const headers = new Headers();
for (let i = 0; ; ++i) {
  headers.append('a', 'x'.repeat(10000));
  headers.append(`n${i}`, 'x');
}

//## fetch-without-network
//# expect: throws TypeError: fetch failed: this evald gives scripts no network
fetch('http://127.0.0.1:9080/');

//## streams-with-spoiled-prototypes
//# expect: value
(async () => {
  const spoil = () => {
    throw new Error('spoiled');
  };
  Object.defineProperty(Object.prototype, 'then', {
    configurable: true,
    get() {
      return undefined;
    },
  });
  for (const key of ['buffer', 'byteLength', 'byteOffset'])
    Object.defineProperty(Object.getPrototypeOf(Uint8Array.prototype), key, { get: spoil });
  const pack = new CompressionStream('gzip');
  const writer = pack.writable.getWriter();
  writer.write(new Uint8Array(1000)).catch(() => {});
  writer.close().catch(() => {});
  try {
    for await (const chunk of pack.readable) chunk.length;
  } catch {}
  return 'still here';
})();
