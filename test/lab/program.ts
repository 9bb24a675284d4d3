import { type ChildProcess, spawn } from 'node:child_process';

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** How long a test waits for an event that must come. Only a failing test waits this long. */
export const PATIENCE_MS = 20_000;

/** A running program whose output can be waited for. Stopped, at the latest, when it is disposed of. */
export class Program implements AsyncDisposable {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  #output = '';
  readonly #child: ChildProcess;
  readonly #name: string;
  #watchers: (() => void)[] = [];

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    this.#name = [command, ...args].join(' ');
    this.#child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    const { promise, resolve, reject } = Promise.withResolvers<Exit>();
    this.exited = promise;
    this.#child.once('error', reject);
    const end = (code: number | null, signal: NodeJS.Signals | null): void => {
      resolve({ code, signal });
      this.#wake();
    };
    // At 'close' all output has been read. A grandchild that holds the pipes open can put it off for ever.
    this.#child.once('close', end);
    this.#child.once('exit', (code, signal) => setTimeout(end, 500, code, signal).unref());
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
        this.#wake();
      });
    }
    this.#child.stdin?.on('error', () => undefined);
    if (this.#child.pid === undefined) throw new Error(`cannot start ${this.#name}`);
    this.pid = this.#child.pid;
  }

  /** Everything written so far, standard output and standard error in the order of arrival. */
  get output(): string {
    return this.#output;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** How often `pattern` (which needs the flag g) stands in the output so far. */
  count(pattern: RegExp): number {
    return this.#matches(pattern).length;
  }

  /** Waits until `pattern` has appeared `nth` times, and returns that appearance. */
  async saw(pattern: RegExp, nth = 1, patienceMs = PATIENCE_MS): Promise<RegExpMatchArray> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const match = this.#matches(pattern)[nth - 1];
      if (match !== undefined) return match;
      if (!this.running || performance.now() >= deadline) throw this.#missing(pattern, nth);
      await this.#change(deadline - performance.now());
    }
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

  #matches(pattern: RegExp): RegExpMatchArray[] {
    const global = pattern.global ? pattern : new RegExp(pattern, `${pattern.flags}g`);
    return [...this.#output.matchAll(global)];
  }

  #missing(pattern: RegExp, nth: number): Error {
    const state = this.running ? 'still runs' : 'has ended';
    return new Error(
      `no ${pattern} (appearance ${nth}) from ${this.#name}, which ${state} and wrote:\n${this.#output.slice(-4000)}`,
    );
  }

  #change(withinMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.max(1, withinMs));
    this.#watchers.push(() => {
      clearTimeout(timer);
      resolve();
    });
    return promise;
  }

  #wake(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const wake of watchers) wake();
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
