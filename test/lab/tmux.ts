import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Namespace } from './namespace.ts';
import type { Program } from './program.ts';
import { PATIENCE_MS } from './program.ts';

/** A real terminal, 80 columns by 24 lines, that a program runs in: what it shows can be read, and keys pressed. */
export class Tmux implements AsyncDisposable {
  readonly #socket: string;
  readonly #server: Program;

  private constructor(socket: string, server: Program) {
    this.#socket = socket;
    this.#server = server;
  }

  /** `socket`: a path that is free. `command`: for a shell. */
  static async start(namespace: Namespace, socket: string, command: string): Promise<Tmux> {
    const shell = `exec env TERM=xterm-256color LANG=C.UTF-8 tmux -u -S ${socket} -f /dev/null -D`;
    const server = namespace.start('sh', '-c', shell);
    const tmux = new Tmux(socket, server);
    await tmux.#until(() => tmux.#run('new-session', '-d', '-x', '80', '-y', '24', command) !== undefined);
    return tmux;
  }

  /** The lines that are to be seen, without blanks at their ends. */
  screen(): readonly string[] {
    return (this.#run('capture-pane', '-p') ?? '').split('\n').slice(0, 24);
  }

  /** Waits until the screen has it, and returns the screen. */
  async saw(pattern: RegExp): Promise<readonly string[]> {
    await this.#until(() => pattern.test(this.screen().join('\n')), pattern);
    return this.screen();
  }

  press(...keys: readonly string[]): void {
    this.#run('send-keys', ...keys);
  }

  resize(columns: number, rows: number): void {
    this.#run('resize-window', '-x', `${columns}`, '-y', `${rows}`);
  }

  async #until(isSo: () => boolean, what?: RegExp): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!isSo()) {
      if (performance.now() > deadline) {
        throw new Error(
          `no ${what ?? 'session'} on the screen:\n${this.screen().join('\n')}\n${this.#server.output}`,
        );
      }
      await delay(50);
    }
  }

  #run(...args: readonly string[]): string | undefined {
    try {
      return execFileSync('tmux', ['-S', this.#socket, ...args], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    } catch {
      return undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#run('kill-server');
    await this.#server[Symbol.asyncDispose]();
  }
}
