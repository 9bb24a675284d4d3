import { emitKeypressEvents } from 'node:readline';

/** xterm's control sequences (ECMA-48, and DEC private modes): alternate screen, cursor, line wrap. */
/** Line wrap is off: a line that is wider than computed must not push others down. */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const REST_OF_LINE = '\u001b[K';
const REST_OF_SCREEN = '\u001b[J';

/** A process that is to stop has stopped by then. */
const WAKE_MS = 200;

type Key = { readonly name?: string; readonly ctrl?: boolean; readonly sequence?: string };

/** Whether standard input and output are a terminal that supports full-screen drawing. */
export function hasScreen(environment: Readonly<Record<string, string | undefined>>): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true && environment.TERM !== 'dumb';
}

/** Takes over the whole terminal, and restores it. */
export class TerminalScreen {
  readonly #onKey: (name: string) => void;
  readonly #onResize: () => void;
  readonly #press = (_text: string | undefined, key: Key): void => this.#onKey(nameOf(key));
  readonly #leave = (): void => this.close();
  readonly #resume = (): void => {
    clearTimeout(this.#waking);
    // The shell has used the terminal meanwhile.
    this.#release();
    this.#enter();
    this.#onResize();
  };
  #isOpen = false;
  #waking: NodeJS.Timeout | undefined;

  /** `onKey`: a letter, `up`, `return`, `ctrl-c` and so on. */
  constructor(onKey: (name: string) => void, onResize: () => void) {
    this.#onKey = onKey;
    this.#onResize = onResize;
    emitKeypressEvents(process.stdin);
    process.stdin.on('keypress', this.#press);
    process.stdout.on('resize', this.#onResize);
    // However this process ends: a terminal left in raw mode on the alternate screen is unusable.
    process.on('exit', this.#leave);
    process.on('SIGCONT', this.#resume);
    this.#enter();
  }

  get size(): { readonly columns: number; readonly rows: number } {
    const { columns, rows } = process.stdout;
    // A serial line reports 0.
    return { columns: columns || 80, rows: rows || 24 };
  }

  paint(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    // Erased before it is written: behind a line that fills the terminal the cursor is still on its last character.
    const erase = (line: number): string => (line === lines.length - 1 ? REST_OF_SCREEN : REST_OF_LINE);
    process.stdout.write(HOME + lines.map((line, at) => erase(at) + line).join('\r\n'));
  }

  /** Returns the terminal to the shell until it puts this process in the foreground again. */
  suspend(): void {
    this.#release();
    process.kill(process.pid, 'SIGTSTP');
    // Without a job-control shell the kernel does not stop the process: setpgid(2), orphaned process groups.
    this.#waking = setTimeout(this.#resume, WAKE_MS);
  }

  close(): void {
    process.stdin.off('keypress', this.#press);
    process.stdout.off('resize', this.#onResize);
    process.off('exit', this.#leave);
    process.off('SIGCONT', this.#resume);
    clearTimeout(this.#waking);
    this.#release();
  }

  #enter(): void {
    process.stdin.setRawMode(true);
    process.stdin.resume();
    process.stdout.write(ENTER);
    this.#isOpen = true;
  }

  #release(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    process.stdout.write(LEAVE);
    process.stdin.setRawMode(false);
    process.stdin.pause();
  }
}

function nameOf({ name, ctrl, sequence }: Key): string {
  const plain = name ?? sequence ?? '';
  return ctrl === true ? `ctrl-${plain}` : plain;
}
