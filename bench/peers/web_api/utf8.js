// TextEncoder and TextDecoder, as far as UTF-8 goes. Stands for the package @exodus/bytes and its tables.

export class TextEncoder {
  encode(text = '') {
    return Uint8Array.from(unescape(encodeURIComponent(text)), (letter) => letter.charCodeAt(0));
  }
}

export class TextDecoder {
  decode(bytes = new Uint8Array()) {
    return decodeURIComponent(escape(String.fromCharCode(...bytes)));
  }
}
