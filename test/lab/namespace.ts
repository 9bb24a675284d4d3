import { execFile } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { NetService } from './net-service.ts';
import { Program } from './program.ts';

const exec = promisify(execFile);

/** A command that runs to its end has come to it now, or hangs: then it is ended, and the error names it. */
const COMMAND_MS = 100_000;

let created = 0;
let swept: Promise<void> | undefined;

/** A network namespace of this test process; destroyed, with every process in it, when it is disposed of. */
export class Namespace implements AsyncDisposable {
  readonly name: string;

  private constructor() {
    created += 1;
    this.name = `bussa${process.pid}x${created}`;
  }

  static async create(): Promise<Namespace> {
    const namespace = new Namespace();
    await makeAll([namespace.name]);
    await namespace.ip('link set lo up');
    return namespace;
  }

  /** Two, and a cable between an interface of the one and an interface of the other; none of them is up, lo included. */
  static async createPair(device: string, peer: string): Promise<[Namespace, Namespace]> {
    const pair: [Namespace, Namespace] = [new Namespace(), new Namespace()];
    const [one, other] = pair.map(({ name }) => name);
    const link = `link add ${device} netns ${one} type veth peer name ${peer} netns ${other}`;
    await makeAll(
      pair.map(({ name }) => name),
      link,
    );
    return pair;
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

  /** The same with several lines, one after the other; `ip` is started once, which takes longer than a line. */
  async ipAll(lines: readonly string[]): Promise<string> {
    return await batch(['-n', this.name], lines);
  }

  /** Starts a program inside; its process is the program itself, not the `ip` that started it. */
  start(command: string, ...args: readonly string[]): Program {
    return new Program('ip', ['netns', 'exec', this.name, command, ...args]);
  }

  /** Every process inside, those that left their process group included. */
  async pids(): Promise<number[]> {
    // Whoever asks until one has ended lets its end be noticed.
    await delay(5);
    return pidsIn([this.name]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Namespace.destroyAll([this]);
  }

  static async destroyAll(namespaces: readonly Namespace[]): Promise<void> {
    await destroy(namespaces.map(({ name }) => name));
  }
}

/** `line`: one more for ip(8). */
async function makeAll(names: readonly string[], ...lines: readonly string[]): Promise<void> {
  swept ??= sweepLeftovers();
  await swept;
  await batch([], [...names.map((name) => `netns add ${name}`), ...lines]);
}

async function batch(words: readonly string[], lines: readonly string[]): Promise<string> {
  const running = exec('ip', [...words, '-batch', '-']);
  running.child.stdin?.end(`${lines.join('\n')}\n`);
  return (await running).stdout;
}

/** As `ip netns pids` finds them. */
function pidsIn(names: readonly string[]): number[] {
  const sought = new Set(names.map((name) => statSync(`/run/netns/${name}`).ino));
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return all.map(Number).filter((pid) => sought.has(statOf(`/proc/${pid}/ns/net`) ?? -1));
}

/** None of a process that has ended. */
function statOf(file: string): number | undefined {
  try {
    return statSync(file).ino;
  } catch {
    return undefined;
  }
}

async function destroy(names: readonly string[]): Promise<void> {
  for (const name of names) await NetService.endAll(name);
  for (const pid of pidsIn(names)) kill(pid);
  await batch(
    [],
    names.map((name) => `netns del ${name}`),
  );
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
    if (!isAlive(Number(pid))) await destroy([name]).catch(() => undefined);
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
