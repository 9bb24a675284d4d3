import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

/** A real ssh-agent at a socket of the test's. */
export class AgentProcess implements AsyncDisposable {
  readonly socket: string;
  readonly #child: ChildProcess;

  private constructor(socket: string, child: ChildProcess) {
    this.socket = socket;
    this.#child = child;
  }

  static async start(
    socket: string,
    env: NodeJS.ProcessEnv = process.env,
    options: readonly string[] = [],
  ): Promise<AgentProcess> {
    const child = spawn('ssh-agent', ['-D', '-a', socket, ...options], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env,
    });
    // It says where it listens as soon as it does; the socket is there a moment earlier.
    await once(child.stdout, 'data');
    return new AgentProcess(socket, child);
  }

  add(file: string, ...options: readonly string[]): void {
    this.ask('-q', ...options, file);
  }

  /** ssh-add with these words. */
  ask(...words: readonly string[]): void {
    execFileSync('ssh-add', words, { env: { ...process.env, SSH_AUTH_SOCK: this.socket }, stdio: 'pipe' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.kill()) await once(this.#child, 'exit');
  }
}

/** Makes a key pair: `ssh-keygen -t ed25519`, or with these options. */
export function makeKey(file: string, ...options: readonly string[]): void {
  const type = options.length === 0 ? ['-t', 'ed25519'] : options;
  execFileSync('ssh-keygen', ['-q', '-N', '', '-C', path.basename(file), ...type, '-f', file]);
}
