// TextEncoder and TextDecoder: every label, bytes at random in one piece and in many.
const labels =
  '866 ansi_x3.4-1968 arabic ascii asmo-708 big5 big5-hkscs chinese cn-big5 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 cp819 cp866 csbig5 cseuckr cseucpkdfmtjapanese csgb2312 csibm866 csiso2022jp csiso2022kr csiso58gb231280 csiso88596e csiso88596i csiso88598e csiso88598i csisolatin1 csisolatin2 csisolatin3 csisolatin4 csisolatin5 csisolatin6 csisolatin9 csisolatinarabic csisolatincyrillic csisolatingreek csisolatinhebrew cskoi8r csksc56011987 csmacintosh csshiftjis csunicode cyrillic dos-874 ecma-114 ecma-118 elot_928 euc-jp euc-kr gb18030 gb2312 gb_2312 gb_2312-80 gbk greek greek8 hebrew hz-gb-2312 ibm819 ibm866 iso-10646-ucs-2 iso-2022-cn iso-2022-cn-ext iso-2022-jp iso-2022-kr iso-8859-1 iso-8859-10 iso-8859-11 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-6-e iso-8859-6-i iso-8859-7 iso-8859-8 iso-8859-8-e iso-8859-8-i iso-8859-9 iso-ir-100 iso-ir-101 iso-ir-109 iso-ir-110 iso-ir-126 iso-ir-127 iso-ir-138 iso-ir-144 iso-ir-148 iso-ir-149 iso-ir-157 iso-ir-58 iso8859-1 iso8859-10 iso8859-11 iso8859-13 iso8859-14 iso8859-15 iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9 iso88591 iso885910 iso885911 iso885913 iso885914 iso885915 iso88592 iso88593 iso88594 iso88595 iso88596 iso88597 iso88598 iso88599 iso_8859-1 iso_8859-15 iso_8859-1:1987 iso_8859-2 iso_8859-2:1987 iso_8859-3 iso_8859-3:1988 iso_8859-4 iso_8859-4:1988 iso_8859-5 iso_8859-5:1988 iso_8859-6 iso_8859-6:1987 iso_8859-7 iso_8859-7:1987 iso_8859-8 iso_8859-8:1988 iso_8859-9 iso_8859-9:1989 koi koi8 koi8-r koi8-ru koi8-u koi8_r korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 l1 l2 l3 l4 l5 l6 l9 latin1 latin2 latin3 latin4 latin5 latin6 logical mac macintosh ms932 ms_kanji replacement shift-jis shift_jis sjis sun_eu_greek tis-620 ucs-2 unicode unicode-1-1-utf-8 unicode11utf8 unicode20utf8 unicodefeff unicodefffe us-ascii utf-16 utf-16be utf-16le utf-8 utf8 visual windows-1250 windows-1251 windows-1252 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 windows-31j windows-874 windows-949 x-cp1250 x-cp1251 x-cp1252 x-cp1253 x-cp1254 x-cp1255 x-cp1256 x-cp1257 x-cp1258 x-euc-jp x-gbk x-mac-cyrillic x-mac-roman x-mac-ukrainian x-sjis x-unicode20utf8 x-user-defined x-x-big5'.split(
    ' ',
  );
const encodings = [...new Set(labels.map((label) => attempt(() => new TextDecoder(label).encoding)))]
  .filter((shown) => !shown.startsWith('throws'))
  .map((shown) => JSON.parse(shown));

accept('Node 20 takes windows-1252 for Latin-1', 32, (name) => /^windows-1252 /.test(name));
accept('GB18030 of 2022 in the ICU of Node', 4, (name) => /^gb18030 /.test(name));
accept('ICU in Node has no converter for it', 4, (name) =>
  /^label *(iso-8859-16|x-user-defined)\s*$/i.test(name),
);

for (const label of labels) {
  for (const given of [label, ` ${label.toUpperCase()}\n`, `${label}x`])
    check(`label ${given}`, () => new TextDecoder(given).encoding);
}
for (const label of [undefined, null, '', 5, {}, 'utf-8\0'])
  check(`label ${show(label)}`, () => new TextDecoder(label).encoding);
for (const options of [undefined, null, {}, { fatal: 1, ignoreBOM: 'x' }, () => {}, 5, 'x']) {
  check(`options ${show(options)}`, () => {
    const { encoding, fatal, ignoreBOM } = new TextDecoder('utf-8', options);
    return [encoding, fatal, ignoreBOM];
  });
}
check('a decoder without new', () => TextDecoder());
check('an encoder without new', () => TextEncoder());
for (const value of [
  undefined,
  null,
  5,
  'text',
  {},
  [1],
  new ArrayBuffer(2),
  new DataView(new ArrayBuffer(3), 1),
  new Uint16Array([0x4142]),
  new BigInt64Array(1),
])
  check(`decode ${show(value)}`, () => new TextDecoder().decode(value));

// Bytes of which most decoders make something.
const byte = () =>
  random.pick([
    random.below(256),
    random.below(128),
    0x80 + random.below(128),
    0x30 + random.below(10),
    0x1b,
    0x24,
    0x28,
    0x42,
    0xef,
    0xbb,
    0xbf,
    0xfe,
    0xff,
  ]);
const some = (most) => Uint8Array.from({ length: random.below(most + 1) }, byte);

const known = encodings.filter((each) => each !== 'iso-8859-16' && each !== 'x-user-defined');
for (const encoding of known) {
  const all = Uint8Array.from({ length: 256 }, (each, index) => index);
  check(`${encoding} of each byte`, () =>
    Array.from(all, (each) => new TextDecoder(encoding).decode(all.subarray(each, each + 1))),
  );
  for (let i = 0; i < 120; ++i) {
    const bytes = some(24),
      options = { fatal: random.chance(0.3), ignoreBOM: random.chance(0.3) };
    check(`${encoding} ${show(options)} ${bytes}`, () =>
      new TextDecoder(encoding, options).decode(bytes),
    );
    const pieces = Array.from({ length: 1 + random.below(4) }, () => some(5));
    check(`${encoding} ${show(options)} ${pieces.join('|')}`, () => {
      const decoder = new TextDecoder(encoding, options);
      const texts = pieces.map((piece) => decoder.decode(piece, { stream: true }));
      return [...texts, decoder.decode(), decoder.decode(pieces[0])];
    });
  }
}
for (let i = 0; i < 1500; ++i) {
  const bytes = some(16);
  for (const options of [{}, { fatal: true }, { ignoreBOM: true }])
    check(`utf-8 ${show(options)} ${bytes}`, () => new TextDecoder('utf-8', options).decode(bytes));
}

const units = [
  'a',
  '\u0000',
  '\u007f',
  '\u0080',
  '\u07ff',
  '\u0800',
  '\uffff',
  '\ud800',
  '\udbff',
  '\udc00',
  '\udfff',
  '\u{10000}',
  '\u{10ffff}',
  '\ufeff',
];
for (const value of [undefined, null, 5, {}, Symbol('s')])
  check(`encode ${show(value)}`, () => new TextEncoder().encode(value));
for (let i = 0; i < 2000; ++i) {
  const text = random.text(units, 10);
  check(`encode ${show(text)}`, () => new TextEncoder().encode(text));
  const room = new Uint8Array(random.below(12));
  check(`encodeInto ${room.length} ${show(text)}`, () => [
    new TextEncoder().encodeInto(text, room),
    room,
  ]);
}
for (const target of [undefined, [], new ArrayBuffer(4), new Uint16Array(4)])
  check(`encodeInto ${show(target)}`, () => new TextEncoder().encodeInto('a', target));
