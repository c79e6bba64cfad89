/**
 * Reads JSON token by token from bytes, strictly as RFC 8259 has it, without building values: for bodies whose shape is
 * known. Strings are unescaped into a buffer that is used again. After a syntax error `isBroken` stays set.
 */
import { isUtf8 } from 'node:buffer';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
/** A longer string is no value of any field; the rest of it is checked and passed over. */
const TEXT_BYTES_MAX = 128;
/** No body has more than three: an array of orders in an object. What is passed over may have as many as this. */
const DEPTH_MAX = 64;

export const TOKEN = { string: 1, integer: 2, number: 3, true: 4, false: 5, null: 6, object: 7, array: 8 } as const;

export class JsonScanner {
  isBroken = false;
  /** Of the string that was read last: its bytes, unescaped, as far as they fit; its whole length. */
  readonly text = Buffer.alloc(TEXT_BYTES_MAX);
  textLength = 0;
  /** Of the integer that was read last; beyond 2^53 it is only known to be large. */
  integer = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #depth = 0;
  #isAscii = true;

  start(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#at = 0;
    this.#depth = 0;
    this.#isAscii = true;
    this.isBroken = false;
  }

  /** Consumes the character if it is the next one that counts. */
  take(character: number): boolean {
    this.#skipSpace();
    if (this.#bytes[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  takeObject(): boolean {
    return this.take(OPEN_OBJECT);
  }

  takeArray(): boolean {
    return this.take(OPEN_ARRAY);
  }

  /** Behind the last member: the end of the object. */
  endObject(): boolean {
    return this.take(CLOSE_OBJECT);
  }

  endArray(): boolean {
    return this.take(CLOSE_ARRAY);
  }

  comma(): boolean {
    return this.take(COMMA) || this.#fail();
  }

  /** A member's name, into `text`. */
  name(): boolean {
    this.#skipSpace();
    return this.#string() && (this.take(COLON) || this.#fail());
  }

  /** Nothing but white space is left. */
  end(): boolean {
    this.#skipSpace();
    if (this.#at < this.#bytes.length || !(this.#isAscii || isUtf8(this.#bytes))) return this.#fail();
    return !this.isBroken;
  }

  /** The kind of the next value, which is consumed whole; 0: it is broken. */
  value(): number {
    this.#skipSpace();
    const first = this.#bytes[this.#at] ?? 0;
    if (first === QUOTE) return this.#string() ? TOKEN.string : 0;
    if (first === MINUS || (first >= ZERO && first <= NINE)) return this.#number();
    if (first === OPEN_OBJECT || first === OPEN_ARRAY) return this.#skipNested(first);
    if (this.#literal('true')) return TOKEN.true;
    if (this.#literal('false')) return TOKEN.false;
    if (this.#literal('null')) return TOKEN.null;
    this.#fail();
    return 0;
  }

  #skipSpace(): void {
    for (; ; this.#at++) {
      const byte = this.#bytes[this.#at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
    }
  }

  #string(): boolean {
    const bytes = this.#bytes;
    if (bytes[this.#at] !== QUOTE) return this.#fail();
    let length = 0;
    for (let at = this.#at + 1; at < bytes.length; ) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE) {
        this.#at = at + 1;
        this.textLength = length;
        return true;
      }
      if (byte < 0x20) return this.#fail();
      if (byte === BACKSLASH) {
        const escaped = this.#escape(at);
        if (escaped.bytes === 0) return this.#fail();
        for (const one of escaped.text) this.#put(length++, one);
        at += escaped.bytes;
      } else {
        if (byte >= 0x80) this.#isAscii = false;
        this.#put(length++, byte);
        at++;
      }
    }
    return this.#fail();
  }

  #put(at: number, byte: number): void {
    if (at < TEXT_BYTES_MAX) this.text[at] = byte;
  }

  /** The rare case: allocates. `bytes` 0: no escape. */
  #escape(at: number): { bytes: number; text: Buffer } {
    const kind = String.fromCharCode(this.#bytes[at + 1] ?? 0);
    if (kind === 'u') {
      const digits = this.#bytes.toString('latin1', at + 2, at + 6);
      if (!/^[0-9A-Fa-f]{4}$/.test(digits)) return { bytes: 0, text: NOTHING };
      return { bytes: 6, text: Buffer.from(String.fromCharCode(Number.parseInt(digits, 16))) };
    }
    const index = 'bfnrt"\\/'.indexOf(kind);
    if (index < 0) return { bytes: 0, text: NOTHING };
    return { bytes: 2, text: Buffer.from('\b\f\n\r\t"\\/'.charAt(index)) };
  }

  /** Digits alone, with a sign or not, are an integer; a fraction or an exponent makes it a number. */
  #number(): number {
    const bytes = this.#bytes;
    const isNegative = bytes[this.#at] === MINUS;
    let at = this.#at + (isNegative ? 1 : 0);
    const first = bytes[at] ?? 0;
    let value = 0;
    const start = at;
    for (; isDigit(bytes[at]); at++) value = value * 10 + (bytes[at] ?? 0) - ZERO;
    if (at === start || (first === ZERO && at - start > 1)) return this.#broken();
    let kind: number = TOKEN.integer;
    if (bytes[at] === 0x2e) {
      kind = TOKEN.number;
      const fraction = ++at;
      while (isDigit(bytes[at])) at++;
      if (at === fraction) return this.#broken();
    }
    if (bytes[at] === 0x65 || bytes[at] === 0x45) {
      kind = TOKEN.number;
      at++;
      if (bytes[at] === 0x2b || bytes[at] === MINUS) at++;
      const exponent = at;
      while (isDigit(bytes[at])) at++;
      if (at === exponent) return this.#broken();
    }
    // -0 is no whole number that anybody means.
    if (isNegative && value === 0) kind = TOKEN.number;
    this.integer = isNegative ? -value : value;
    this.#at = at;
    return kind;
  }

  #skipNested(first: number): number {
    const isObject = first === OPEN_OBJECT;
    this.#at++;
    if (++this.#depth > DEPTH_MAX) return this.#broken();
    const close = isObject ? CLOSE_OBJECT : CLOSE_ARRAY;
    if (!this.take(close)) {
      do {
        if (isObject && !this.name()) return 0;
        if (this.value() === 0) return 0;
      } while (this.take(COMMA));
      if (!this.take(close)) return this.#broken();
    }
    this.#depth--;
    return isObject ? TOKEN.object : TOKEN.array;
  }

  #literal(word: string): boolean {
    for (let index = 0; index < word.length; index++) {
      if (this.#bytes[this.#at + index] !== word.charCodeAt(index)) return false;
    }
    this.#at += word.length;
    return true;
  }

  #broken(): number {
    this.#fail();
    return 0;
  }

  #fail(): false {
    this.isBroken = true;
    return false;
  }
}

const NOTHING = Buffer.alloc(0);

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}
