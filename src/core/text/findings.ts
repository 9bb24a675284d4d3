import type { Diagnostic, WarningId } from './diagnostic.ts';
import type { Word } from './word.ts';

type Finding = {
  readonly severity: Diagnostic['severity'];
  readonly id?: WarningId;
  readonly line: number;
  readonly offset: number;
  readonly message: string;
};

/** Findings collected while a text is read. BOUNDED: by the text, at most a few per word. */
export class Findings {
  readonly #list: Finding[] = [];
  #errors = 0;

  get hasErrors(): boolean {
    return this.#errors > 0;
  }

  error(at: Word, message: string): void {
    this.#errors++;
    this.#list.push({ severity: 'error', line: at.line, offset: at.offset, message });
  }

  warning(at: Word, id: WarningId, message: string): void {
    this.#list.push({ severity: 'warning', id, line: at.line, offset: at.offset, message });
  }

  /** All findings in order of place. `lines[0]` is line 1 of the text. */
  diagnostics(file: string, lines: readonly string[]): readonly Diagnostic[] {
    const sorted = this.#list.toSorted((a, b) => a.line - b.line || a.offset - b.offset);
    const columns = new ColumnCounter(lines);
    return sorted.map(({ severity, id, line, offset, message }) => ({
      severity,
      ...(id === undefined ? {} : { id }),
      place: { file, line, column: columns.columnOf(line, offset) },
      message,
    }));
  }
}

/** Columns count characters, not UTF-16 units. If it is called in order of place, it reads each line once. */
class ColumnCounter {
  readonly #lines: readonly string[];
  #line = 0;
  #offset = 0;
  #column = 1;

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  columnOf(line: number, offset: number): number {
    if (line !== this.#line) {
      this.#line = line;
      this.#offset = 0;
      this.#column = 1;
    }
    const text = this.#lines[line - 1] ?? '';
    while (this.#offset < offset) {
      this.#offset += (text.codePointAt(this.#offset) ?? 0) > 0xffff ? 2 : 1;
      this.#column++;
    }
    return this.#column;
  }
}
