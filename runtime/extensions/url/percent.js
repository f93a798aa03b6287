// Stands for the package @exodus/bytes in whatwg-url, which needs one function of it, and that for UTF-8 only.

const encoder = new TextEncoder();
const plain = /^[ -~]*$/;
const hex = Array.from(
  { length: 256 },
  (_, byte) => `%${byte < 16 ? '0' : ''}${byte.toString(16).toUpperCase()}`,
);

// `text` with everything percent-encoded that is no printable ASCII or among `more`.
export function percentEncodeAfterEncoding(encoding, text, more) {
  if (plain.test(text)) {
    let encoded = '';
    for (const letter of text) encoded += more.includes(letter) ? hex[letter.charCodeAt(0)] : letter;
    return encoded;
  }
  let encoded = '';
  for (const byte of encoder.encode(text)) {
    const letter = String.fromCharCode(byte);
    encoded += byte < 0x20 || byte > 0x7e || more.includes(letter) ? hex[byte] : letter;
  }
  return encoded;
}
