// TextEncoderStream and TextDecoderStream: texts and bytes cut anywhere.
const outcome = async (stream, chunks) => {
  const out = [];
  const source = new ReadableStream({
    pull(controller) {
      chunks.length > 0 ? controller.enqueue(chunks.shift()) : controller.close();
    },
  });
  try {
    for await (const chunk of source.pipeThrough(stream)) out.push(chunk);
  } catch (error) {
    return `${show(join(out))}, then ${error.name}`;
  }
  return join(out);
};
// How output is cut is left open.
const join = (chunks) =>
  typeof chunks[0] === 'string' ? chunks.join('') : chunks.flatMap((chunk) => [...chunk]);

const units = ['a', '\u00e9', '\u20ac', '\ud83d', '\ude00', '\ud83d\ude00', '', '\u0000'];
for (let i = 0; i < 1000; ++i) {
  const chunks = Array.from({ length: random.below(6) }, () => random.text(units, 3));
  await check(`encode ${show(chunks)}`, () => outcome(new TextEncoderStream(), [...chunks]));
}
for (const chunk of [undefined, null, 5, {}, [1, 2], true])
  await check(`encode ${show(chunk)}`, () => outcome(new TextEncoderStream(), [chunk]));

const labels = [
  undefined,
  'utf-8',
  'UTF8',
  'utf-16le',
  'utf-16be',
  'latin1',
  'shift_jis',
  'euc-kr',
  'big5',
];
const bytes = () =>
  random.chance(0.3)
    ? random.bytes(random.below(12))
    : new TextEncoder().encode((random.chance(0.2) ? '\ufeff' : '') + random.text(units, 5));
for (let i = 0; i < 1500; ++i) {
  const label = random.pick(labels);
  const options = { fatal: random.chance(0.4), ignoreBOM: random.chance(0.3) };
  const whole = bytes();
  const chunks = [];
  for (let at = 0; at < whole.length;) {
    const size = random.below(4);
    chunks.push(whole.slice(at, at + size));
    at += size;
  }
  await check(`decode ${label} ${show(options)} ${show(chunks)}`, () => {
    const stream = new TextDecoderStream(label, options);
    return outcome(stream, [...chunks]).then((text) => [
      stream.encoding,
      stream.fatal,
      stream.ignoreBOM,
      text,
    ]);
  });
}
accept('Node.js takes undefined for no bytes', 1, (name) => name === 'decode undefined');
for (const chunk of [undefined, null, 5, 'text', {}, [1]])
  await check(`decode ${show(chunk)}`, () => outcome(new TextDecoderStream(), [chunk]));
for (const label of ['nonsense', '', null, 'utf-7'])
  check(`new TextDecoderStream(${show(label)})`, () => {
    try {
      return new TextDecoderStream(label).encoding;
    } catch (error) {
      return error.name;
    }
  });
