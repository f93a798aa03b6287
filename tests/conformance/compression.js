// CompressionStream and DecompressionStream: what each side packs, it unpacks; what is packed by hand, valid or not,
// comes to the same on both.
const formats = ['deflate', 'deflate-raw', 'gzip'];

async function through(stream, chunks) {
  const writer = stream.writable.getWriter();
  const writing = (async () => {
    for (const chunk of chunks) await writer.write(chunk);
    await writer.close();
  })();
  writing.catch(() => {});
  writer.closed.catch(() => {});
  const out = [];
  for await (const chunk of stream.readable) for (const byte of chunk) out.push(byte);
  await writing;
  return out;
}
const outcome = (stream, chunks) =>
  through(stream, chunks).then(
    (bytes) => bytes,
    () => 'fails',
  );

function cut(bytes) {
  const chunks = [];
  for (let at = 0; at < bytes.length;) {
    const size = random.pick([1, 2, 7, 100, 5000, 1 << 20]);
    chunks.push(bytes.slice(at, at + size));
    at += size;
  }
  return chunks;
}
function content() {
  switch (random.below(4)) {
    case 0:
      return random.bytes(random.below(40));
    case 1:
      return random.bytes(random.pick([1000, 20000]));
    case 2:
      return new Uint8Array(random.pick([1, 300, 40000])).fill(random.below(256));
    default:
      return new TextEncoder().encode(random.text(['alpha ', 'beta ', 'gamma ', '\n'], 3000));
  }
}
const kinds = [
  (bytes) => bytes,
  (bytes) => bytes.slice().buffer,
  (bytes) => new DataView(bytes.slice().buffer),
];

for (let i = 0; i < 150; ++i) {
  const format = random.pick(formats);
  const bytes = content();
  const chunks = cut(bytes);
  const size = random.pick([1, 10, 1000, 1 << 20]);
  await check(`round trip ${i} ${format}`, async () => {
    const packed = Uint8Array.from(await through(new CompressionStream(format), chunks));
    const pieces = [];
    for (let at = 0; at < packed.length; at += size) pieces.push(packed.subarray(at, at + size));
    const unpacked = await through(new DecompressionStream(format), pieces);
    return unpacked.length === bytes.length && unpacked.every((byte, at) => byte === bytes[at]);
  });
}

// By hand: stored blocks, and blocks of literals in the fixed code.
function packRaw(bytes) {
  const bits = [];
  const put = (value, count) => {
    for (let i = 0; i < count; ++i) bits.push((value >> i) & 1);
  };
  const align = () => {
    while (bits.length % 8 !== 0) bits.push(0);
  };
  const blocks = 1 + random.below(3);
  const per = Math.ceil(bytes.length / blocks) || 1;
  for (let at = 0, n = 0; n < blocks; ++n, at += per) {
    const block = [...bytes.slice(at, at + per)];
    put(n === blocks - 1 ? 1 : 0, 1);
    if (random.chance(0.5)) {
      put(0, 2);
      align();
      put(block.length, 16);
      put(block.length ^ 0xffff, 16);
      for (const byte of block) put(byte, 8);
    } else {
      put(1, 2);
      for (const byte of block) {
        const [code, size] = byte < 144 ? [0x30 + byte, 8] : [0x190 + byte - 144, 9];
        for (let i = size - 1; i >= 0; --i) put(code >> i, 1);
      }
      put(0, 7);
    }
  }
  align();
  return Array.from({ length: bits.length / 8 }, (_, at) =>
    bits.slice(8 * at, 8 * at + 8).reduce((sum, bit, i) => sum | (bit << i), 0),
  );
}
function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; ++i) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
function adler32(bytes) {
  let low = 1,
    high = 0;
  for (const byte of bytes) {
    low = (low + byte) % 65521;
    high = (high + low) % 65521;
  }
  return ((high << 16) | low) >>> 0;
}
const littleEndian = (value, count = 4) =>
  Array.from({ length: count }, (_, i) => (value >>> (8 * i)) & 255);
function packByHand(format, bytes) {
  const raw = packRaw(bytes);
  if (format === 'deflate-raw') return raw;
  if (format === 'deflate') return [0x78, 0x9c, ...raw, ...littleEndian(adler32(bytes)).reverse()];
  const flags = random.chance(0.5) ? random.below(32) : 0;
  const head = [31, 139, 8, flags, ...random.bytes(6)];
  if (flags & 4) head.push(3, 0, 1, 2, 3);
  if (flags & 8) head.push(...new TextEncoder().encode('name'), 0);
  if (flags & 16) head.push(...new TextEncoder().encode('comment'), 0);
  if (flags & 2) head.push(...littleEndian(crc32(head), 2));
  return [...head, ...raw, ...littleEndian(crc32(bytes)), ...littleEndian(bytes.length)];
}

const trailing = ['flip 617 ', 'swap 989 '];
accept('Node.js passes over what follows the end of the data', trailing.length, (name) =>
  trailing.some((start) => name.startsWith(start)),
);
accept('Node.js converts nothing to a string', 2, (name) => name.includes('function toString'));

for (let i = 0; i < 1500; ++i) {
  const format = random.pick(formats);
  const bytes = random.bytes(random.below(60));
  const packed = packByHand(format, bytes);
  await check(`valid ${i} ${format}`, () =>
    outcome(new DecompressionStream(format), cut(Uint8Array.from(packed))),
  );
  const what = random.pick(['flip', 'cut', 'other', 'swap']);
  const damaged = Uint8Array.from(packed);
  let chunks = [damaged];
  if (what === 'flip') damaged[random.below(damaged.length)] ^= 1 << random.below(8);
  if (what === 'swap') damaged[random.below(damaged.length)] = random.below(256);
  if (what === 'cut') chunks = [damaged.subarray(0, random.below(damaged.length))];
  const read = what === 'other' ? random.pick(formats) : format;
  await check(`${what} ${i} ${format} ${show(chunks[0])} as ${read}`, () =>
    outcome(new DecompressionStream(read), chunks),
  );
}

for (const value of [undefined, null, 'zip', 'GZIP', '', 1, {}, { toString: () => 'gzip' }])
  for (const type of [CompressionStream, DecompressionStream])
    check(`new ${type.name}(${show(value)})`, () => {
      try {
        return `${new type(value)}`;
      } catch (error) {
        return error.name;
      }
    });
