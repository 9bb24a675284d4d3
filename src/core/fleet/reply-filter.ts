import { asciiBytes, concatBytes } from '../bytes/concat-bytes.ts';

/** BOUNDED: limits of one answer: depth, elements of a list, elements in all, bytes of a text, and bytes in all. */
const MAX_DEPTH = 8;
const MAX_LIST = 8192;
const MAX_ELEMENTS = 65_536;
const MAX_TEXT = 8192;
const MAX_BYTES = 4 << 20;

/** BOUNDED: bytes of a line. A longer error message is cut. */
const MAX_LINE = 1024;

const [CR, LF] = [13, 10];
const NOTHING = asciiBytes('$-1\r\n');
const EMPTY_TEXT = asciiBytes('$0\r\n\r\n');

/** An unfinished list. `left`: elements to come. `wanted`: how many of them are passed on. */
type List = { left: number; wanted: number };

/** The bytes do not follow the engine's protocol. */
export class BadReply extends Error {
  override readonly name = 'BadReply';
}

/**
 * Cuts the answers of an engine (RESP 2) to what the carrier needs: foreign entries may have any size and number, and
 * an attacker in the engine may answer anything. A text that is too long becomes an empty one, a list that is too long
 * ends early, and an answer that is too large becomes nothing. Everything else passes unchanged. Uses constant memory.
 */
export class ReplyFilter {
  readonly #lists: List[] = [];
  /** The unfinished line. */
  readonly #line: number[] = [];
  #hasLine = false;
  /** Bytes of the current text still to come, including its end, and whether they are passed on. */
  #text = 0;
  #isPassed = false;
  #elements = 0;
  #bytes = 0;
  #out: Uint8Array[] = [];

  /** Returns the bytes to pass on. Throws a `BadReply`. */
  take(bytes: Uint8Array): Uint8Array {
    this.#out = [];
    for (let at = 0; at < bytes.length; )
      at = this.#text > 0 ? this.#takeText(bytes, at) : this.#takeLine(bytes, at);
    return concatBytes(...this.#out);
  }

  #takeText(bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.length, at + this.#text);
    if (this.#isPassed) this.#out.push(bytes.subarray(at, end));
    this.#text -= end - at;
    if (this.#text === 0) this.#ended();
    return end;
  }

  #takeLine(bytes: Uint8Array, from: number): number {
    let at = from;
    for (; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === LF && this.#hasLine) {
        this.#hasLine = false;
        this.#element(String.fromCharCode(...this.#line.splice(0)));
        return at + 1;
      }
      if (this.#hasLine) throw new BadReply('a line has an end in its middle');
      if (byte === CR) this.#hasLine = true;
      else if (this.#line.length < MAX_LINE) this.#line.push(byte);
    }
    return at;
  }

  #element(line: string): void {
    this.#elements += 1;
    const isWanted = (this.#lists.at(-1)?.wanted ?? 1) > 0;
    const isTooMuch = this.#elements > MAX_ELEMENTS;
    switch (line[0]) {
      case '+':
      case '-':
      case ':':
        this.#pass(isWanted, isTooMuch ? NOTHING : asciiBytes(`${line}\r\n`));
        this.#ended();
        return;
      case '$':
        this.#beginText(line, isWanted, isTooMuch);
        return;
      case '*':
        this.#beginList(line, isWanted, isTooMuch);
        return;
      default:
        throw new BadReply('it is not the protocol of Valkey or Redis');
    }
  }

  #beginText(line: string, isWanted: boolean, isTooMuch: boolean): void {
    const length = lengthIn(line);
    if (length < 0) {
      this.#pass(isWanted, NOTHING);
      this.#ended();
      return;
    }
    this.#bytes += length;
    const isShort = !isTooMuch && length <= MAX_TEXT && this.#bytes <= MAX_BYTES;
    this.#isPassed = isWanted && isShort;
    this.#pass(isWanted, isShort ? asciiBytes(`${line}\r\n`) : EMPTY_TEXT);
    this.#text = length + 2;
  }

  #beginList(line: string, isWanted: boolean, isTooMuch: boolean): void {
    const length = lengthIn(line);
    const passed = isTooMuch ? 0 : Math.min(length, MAX_LIST);
    this.#pass(isWanted, asciiBytes(`*${passed}\r\n`));
    if (length <= 0) {
      this.#ended();
      return;
    }
    if (this.#lists.length >= MAX_DEPTH) throw new BadReply('an answer has lists in lists in lists');
    this.#lists.push({ left: length, wanted: isWanted ? passed : 0 });
  }

  /** An element is complete, and perhaps the list that contains it. */
  #ended(): void {
    for (let list = this.#lists.at(-1); list !== undefined; list = this.#lists.at(-1)) {
      list.left -= 1;
      list.wanted -= 1;
      if (list.left > 0) return;
      this.#lists.pop();
    }
    this.#elements = 0;
    this.#bytes = 0;
  }

  #pass(isWanted: boolean, bytes: Uint8Array): void {
    if (isWanted) this.#out.push(bytes);
  }
}

/** The length of a text or a list. Throws a `BadReply`. */
function lengthIn(line: string): number {
  if (!/^.(?:-1|[0-9]{1,10})$/.test(line)) throw new BadReply('a length is no number');
  return Number(line.slice(1));
}
