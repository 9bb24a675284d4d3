/** ISO/IEC 18004:2015, table E.1: the rows and columns of the alignment patterns of versions 1 to 10. */
const ALIGNMENT: readonly (readonly number[])[] = [
  [],
  [6, 18],
  [6, 22],
  [6, 26],
  [6, 30],
  [6, 34],
  [6, 22, 38],
  [6, 24, 42],
  [6, 26, 46],
  [6, 28, 50],
];

/** Table 10. */
const MASKS: readonly ((row: number, column: number) => boolean)[] = [
  (row, column) => (row + column) % 2 === 0,
  (row) => row % 2 === 0,
  (_, column) => column % 3 === 0,
  (row, column) => (row + column) % 3 === 0,
  (row, column) => (Math.floor(row / 2) + Math.floor(column / 3)) % 2 === 0,
  (row, column) => ((row * column) % 2) + ((row * column) % 3) === 0,
  (row, column) => (((row * column) % 2) + ((row * column) % 3)) % 2 === 0,
  (row, column) => (((row + column) % 2) + ((row * column) % 3)) % 2 === 0,
];

/** Annexes C and D: the generators of the codes of format and version. */
const FORMAT_GENERATOR = 0x537;
const FORMAT_MASK = 0x5412;
const VERSION_GENERATOR = 0x1f25;
const FIRST_WITH_VERSION = 7;

/** The modules of one code with one mask. */
export class QrMatrix {
  readonly #size: number;
  readonly #dark: boolean[][];
  /** Set by a pattern, and no place for data. */
  readonly #taken: boolean[][];

  constructor(version: number, codewords: readonly number[], mask: number) {
    this.#size = 17 + version * 4;
    const blank = (): boolean[][] =>
      Array.from({ length: this.#size }, () => new Array<boolean>(this.#size).fill(false));
    this.#dark = blank();
    this.#taken = blank();
    this.#drawPatterns(version);
    this.#drawFormat(mask);
    if (version >= FIRST_WITH_VERSION) this.#drawVersion(version);
    this.#drawData(codewords, MASKS[mask] as (row: number, column: number) => boolean);
  }

  get rows(): readonly (readonly boolean[])[] {
    return this.#dark;
  }

  /** Section 7.8.3: the lower, the better it is read. */
  get penalty(): number {
    const rows = this.#dark.map((row) => row.map(Number).join(''));
    const columns = rows.map((_, i) => rows.map((row) => row.charAt(i)).join(''));
    const lines = [...rows, ...columns].reduce((sum, line) => sum + linePenalty(line), 0);
    const dark = rows.join('').replaceAll('0', '').length / this.#size ** 2;
    return lines + this.#squares() * 3 + Math.floor(Math.abs(dark * 100 - 50) / 5) * 10;
  }

  #squares(): number {
    let count = 0;
    for (let row = 1; row < this.#size; row++) {
      for (let column = 1; column < this.#size; column++) {
        const dark = this.#isDark(row, column);
        const same =
          this.#isDark(row - 1, column) === dark &&
          this.#isDark(row, column - 1) === dark &&
          this.#isDark(row - 1, column - 1) === dark;
        if (same) count++;
      }
    }
    return count;
  }

  #isDark = (row: number, column: number): boolean => this.#dark[row]?.[column] === true;

  #set(row: number, column: number, dark: boolean): void {
    const [line, taken] = [this.#dark[row], this.#taken[row]];
    if (line === undefined || taken === undefined || column < 0 || column >= this.#size) return;
    line[column] = dark;
    taken[column] = true;
  }

  #drawPatterns(version: number): void {
    const last = this.#size - 1;
    for (let i = 0; i <= last; i++) {
      this.#set(6, i, i % 2 === 0);
      this.#set(i, 6, i % 2 === 0);
    }
    for (const [row, column] of [
      [3, 3],
      [3, last - 3],
      [last - 3, 3],
    ] as const) {
      this.#drawRings(row, column, 4, (distance) => distance !== 2 && distance !== 4);
    }
    const places = ALIGNMENT[version - 1] ?? [];
    for (const row of places) {
      for (const column of places) {
        const isFinder =
          (row === 6 && (column === 6 || column === last - 6)) || (row === last - 6 && column === 6);
        if (!isFinder) this.#drawRings(row, column, 2, (distance) => distance !== 1);
      }
    }
  }

  #drawRings(row: number, column: number, radius: number, isDark: (distance: number) => boolean): void {
    for (let down = -radius; down <= radius; down++) {
      for (let right = -radius; right <= radius; right++) {
        this.#set(row + down, column + right, isDark(Math.max(Math.abs(down), Math.abs(right))));
      }
    }
  }

  /** Twice, around the patterns in the corners. The level M is 00. */
  #drawFormat(mask: number): void {
    const bits = ((mask << 10) | remainder(mask << 10, FORMAT_GENERATOR, 10)) ^ FORMAT_MASK;
    const last = this.#size - 1;
    for (let i = 0; i < 15; i++) {
      const dark = ((bits >>> i) & 1) === 1;
      if (i < 8) {
        this.#set(i < 6 ? i : i + 1, 8, dark);
        this.#set(8, last - i, dark);
      } else {
        this.#set(8, i === 8 ? 7 : 14 - i, dark);
        this.#set(last - 14 + i, 8, dark);
      }
    }
    this.#set(last - 7, 8, true);
  }

  #drawVersion(version: number): void {
    const bits = (version << 12) | remainder(version << 12, VERSION_GENERATOR, 12);
    for (let i = 0; i < 18; i++) {
      const dark = ((bits >>> i) & 1) === 1;
      const [long, short] = [this.#size - 11 + (i % 3), Math.floor(i / 3)];
      this.#set(long, short, dark);
      this.#set(short, long, dark);
    }
  }

  /** In pairs of columns from the right, up and down in turn; the column of the timing pattern is stepped over. */
  #drawData(codewords: readonly number[], isMasked: (row: number, column: number) => boolean): void {
    let bit = 0;
    let upwards = true;
    for (let right = this.#size - 1; right > 0; right -= 2) {
      if (right === 6) right--;
      for (let i = 0; i < this.#size; i++) {
        const row = upwards ? this.#size - 1 - i : i;
        for (const column of [right, right - 1]) {
          if (this.#taken[row]?.[column] === true) continue;
          const value = ((codewords[bit >>> 3] ?? 0) >>> (7 - (bit & 7))) & 1;
          (this.#dark[row] as boolean[])[column] = (value === 1) !== isMasked(row, column);
          bit++;
        }
      }
      upwards = !upwards;
    }
  }
}

/** Runs of five and more, and what looks like a pattern of a corner. */
function linePenalty(line: string): number {
  let penalty = 0;
  for (const [run] of line.matchAll(/0{5,}|1{5,}/g)) penalty += run.length - 2;
  const found = [...line.matchAll(/(?=10111010000|00001011101)/g)].length;
  return penalty + found * 40;
}

/** Of a polynomial over two elements, by a generator of this degree. */
function remainder(value: number, generator: number, degree: number): number {
  let rest = value;
  for (let bit = 31 - Math.clz32(rest); bit >= degree; bit = 31 - Math.clz32(rest))
    rest ^= generator << (bit - degree);
  return rest;
}
