import { type ChildProcess, spawn } from 'node:child_process';
import { Transcript } from './transcript.ts';

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** How long a test waits for an event that must come. Only a failing test waits this long. */
export const PATIENCE_MS = 20_000;

/** A running program whose output can be waited for. Stopped, at the latest, when it is disposed of. */
export class Program implements AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly #output = new Transcript(this);
  readonly #child: ChildProcess;

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    this.name = [command, ...args].join(' ');
    this.#child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    const { promise, resolve, reject } = Promise.withResolvers<Exit>();
    this.exited = promise;
    this.#child.once('error', reject);
    const end = (code: number | null, signal: NodeJS.Signals | null): void => {
      resolve({ code, signal });
      this.#output.wake();
    };
    // At 'close' all output has been read. A grandchild that holds the pipes open can put it off for ever.
    this.#child.once('close', end);
    this.#child.once('exit', (code, signal) => setTimeout(end, 500, code, signal).unref());
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => this.#output.add(text));
    }
    this.#child.stdin?.on('error', () => undefined);
    if (this.#child.pid === undefined) throw new Error(`cannot start ${this.name}`);
    this.pid = this.#child.pid;
  }

  /** Everything written so far, standard output and standard error in the order of arrival. */
  get output(): string {
    return this.#output.text;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** How often `pattern` (which needs the flag g) stands in the output so far. */
  count(pattern: RegExp): number {
    return this.#output.count(pattern);
  }

  /** Waits until `pattern` has appeared `nth` times, and returns that appearance. */
  saw(pattern: RegExp, nth = 1, patienceMs = PATIENCE_MS): Promise<RegExpMatchArray> {
    return this.#output.saw(pattern, nth, patienceMs);
  }

  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Sends `signal` and waits for the end; a program that does not end is killed, which shows in what is returned. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', patienceMs = PATIENCE_MS): Promise<Exit> {
    this.signal(signal);
    const killer = setTimeout(() => this.signal('SIGKILL'), patienceMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(killer);
    }
  }

  signal(signal: NodeJS.Signals): void {
    if (this.running) this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.destroy();
    if (this.running) this.#child.kill('SIGKILL');
    // A grandchild may hold the pipes open: what it still writes concerns nobody.
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    await this.exited.catch(() => undefined);
  }
}

/**
 * Follows a file, from its beginning, that may not be there yet and may be replaced by another of its name. Where
 * `tail` cannot use inotify(7) (it depends on the file system), it looks every 20 ms. What it says of a file that it cannot
 * open is not part of the file.
 */
export function follow(path: string): Program {
  return new Program('sh', ['-c', 'exec tail -q -s 0.02 -n +1 -F "$0" 2>/dev/null', path]);
}
