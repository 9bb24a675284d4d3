import { fstatSync } from 'node:fs';
import { styleText } from 'node:util';
import { printable, printableJson } from '../../core/event/printable.ts';
import type { Json, Output, Style } from '../arguments/verb.ts';
import { print, STDERR, STDOUT } from '../process/print.ts';

/** The output cannot be written. That is reported at the end. */
export class LostOutputError extends Error {
  override readonly name = 'LostOutputError';
}

/** Loads node:tty, which takes 3 ms, only if standard output is a character device. */
function isTerminal(): boolean {
  try {
    return fstatSync(STDOUT).isCharacterDevice() && process.getBuiltinModule('node:tty').isatty(STDOUT);
  } catch {
    // It is closed.
    return false;
  }
}

/** Writes to the terminal, and knows at the end whether an answer is still missing. */
export class TerminalOutput implements Output {
  readonly json: boolean;
  readonly #paints: boolean;
  #answered = false;
  readonly #errors: string[] = [];
  readonly #write: typeof print;

  /** `write` replaces the standard streams. */
  constructor(json: boolean, write = print) {
    this.json = json;
    this.#write = write;
    this.#paints = !json && isTerminal() && !process.env.NO_COLOR && process.stdout.hasColors();
  }

  readonly answer = (value: Json, lines: readonly string[]): void => {
    this.#answered = true;
    if (this.json) this.#write(STDOUT, `${printableJson(value)}\n`);
    else this.#write(STDOUT, lines.map((line) => `${line}\n`).join(''));
  };

  readonly error = (line: string): void => {
    this.#errors.push(line);
    this.#write(STDERR, `${printable(line)}\n`);
  };

  /** Throws if nobody reads it any more: a verb that streams has nothing else to do. */
  readonly print = (line: string): void => {
    if (!this.#write(STDOUT, `${line}\n`)) throw new LostOutputError('the standard output is lost');
  };

  readonly style = (style: Style, text: string): string =>
    this.#paints ? styleText(style, text, { validateStream: false }) : text;

  /** With --json every verb prints exactly one value on standard output, also on failure. */
  end(status: number): void {
    if (!this.json || this.#answered) return;
    this.answer({ error: this.#errors.join('\n'), status }, []);
  }
}
