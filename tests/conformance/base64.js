// atob and btoa.
const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'];
const odd = ['=', '==', ' ', '\t', '\n', '\f', '\r', '-', '_', '\v', '\u00a0', '\u0100', '\u0000'];

for (const value of [undefined, null, true, 12, -0, NaN, {}, [], ['QQ=='], { toString: () => 'QUI=' }]) {
  check(`atob ${show(value)}`, () => atob(value));
  check(`btoa ${show(value)}`, () => btoa(value));
}
check('atob of a symbol', () => atob(Symbol('s')));
check('btoa of a symbol', () => btoa(Symbol('s')));
check('atob of nothing', () => atob());
check('btoa of nothing', () => btoa());

for (let i = 0; i < 3000; ++i) {
  const bytes = String.fromCharCode(...random.bytes(random.below(24)));
  check(`btoa ${show(bytes)}`, () => btoa(bytes));
  const encoded = btoa(bytes);
  check(`atob ${encoded}`, () => atob(encoded));
  const cut = encoded.slice(0, random.below(encoded.length + 1));
  check(`atob ${cut}`, () => atob(cut));
  const mixed = random.text(random.chance(0.5) ? alphabet : [...alphabet, ...odd], 12);
  check(`atob ${show(mixed)}`, () => atob(mixed));
  check(`btoa ${show(mixed)}`, () => btoa(mixed));
}
