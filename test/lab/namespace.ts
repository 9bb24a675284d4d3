import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Program } from './program.ts';

const exec = promisify(execFile);

/** A command that runs to its end has come to it now, or hangs: then it is ended, and the error names it. */
const COMMAND_MS = 100_000;

let created = 0;
let swept: Promise<void> | undefined;

/** A network namespace of this test process; destroyed, with every process in it, when it is disposed of. */
export class Namespace implements AsyncDisposable {
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  static async create(): Promise<Namespace> {
    swept ??= sweepLeftovers();
    await swept;
    created += 1;
    const namespace = new Namespace(`bussa${process.pid}x${created}`);
    await exec('ip', ['netns', 'add', namespace.name]);
    await namespace.ip('link set lo up');
    return namespace;
  }

  /** Runs a command to its end inside and returns its standard output; a failure is an error with its last words. */
  async run(command: string, ...args: readonly string[]): Promise<string> {
    const { stdout } = await exec('ip', ['netns', 'exec', this.name, command, ...args], {
      maxBuffer: 64 * 1024 * 1024,
      timeout: COMMAND_MS,
      killSignal: 'SIGKILL',
    });
    return stdout;
  }

  /** Runs a command to its end inside and returns its exit status. */
  async status(command: string, ...args: readonly string[]): Promise<number> {
    const program = this.start(command, ...args);
    const killer = setTimeout(() => program.signal('SIGKILL'), COMMAND_MS);
    const { code, signal } = await program.exited;
    clearTimeout(killer);
    if (signal === 'SIGKILL') throw new Error(`killed: ${[command, ...args].join(' ')}:\n${program.output}`);
    return code ?? -1;
  }

  /** `ip` with these words, on this namespace. */
  async ip(words: string): Promise<string> {
    const { stdout } = await exec('ip', ['-n', this.name, ...words.split(' ')]);
    return stdout;
  }

  /** Starts a program inside; its process is the program itself, not the `ip` that started it. */
  start(command: string, ...args: readonly string[]): Program {
    return new Program('ip', ['netns', 'exec', this.name, command, ...args]);
  }

  /** Every process inside, those that left their process group included. */
  async pids(): Promise<number[]> {
    return pidsIn(this.name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await destroy(this.name);
  }
}

async function pidsIn(name: string): Promise<number[]> {
  const { stdout } = await exec('ip', ['netns', 'pids', name]);
  return stdout.split('\n').filter(Boolean).map(Number);
}

async function destroy(name: string): Promise<void> {
  for (const pid of await pidsIn(name)) kill(pid);
  await exec('ip', ['netns', 'del', name]);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Namespaces of test processes that were killed before they could clean up. */
async function sweepLeftovers(): Promise<void> {
  const { stdout } = await exec('ip', ['netns', 'list']);
  for (const [name, pid] of stdout.matchAll(/^bussa(\d+)x\d+/gm)) {
    if (!isAlive(Number(pid))) await destroy(name).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
