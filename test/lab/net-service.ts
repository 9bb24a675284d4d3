import { Worker } from 'node:worker_threads';
import type { NetServiceName, ThreadAnswer, ThreadRequest } from './net-service-thread.ts';
import { PATIENCE_MS } from './program.ts';
import { Transcript } from './transcript.ts';

let thread: Worker | undefined;
let started = 0;
const running = new Map<number, NetService>();

/**
 * A service or client of the tests' own in a network namespace. A thread of the test process has the sockets of all of
 * them: to start a process of Node.js for each takes twenty times as long. To the outside it is like a program: it has
 * output, and ends when it is disposed of.
 */
export class NetService implements AsyncDisposable {
  readonly name: string;
  readonly #id: number;
  readonly #namespace: string;
  readonly #output = new Transcript(this);
  readonly #ended = Promise.withResolvers<void>();
  #isRunning = true;

  private constructor(id: number, namespace: string, name: string) {
    this.#id = id;
    this.#namespace = namespace;
    this.name = name;
  }

  static start(namespace: string, module: NetServiceName, ...args: readonly string[]): NetService {
    started++;
    const service = new NetService(started, namespace, [module, ...args].join(' '));
    running.set(started, service);
    ask({ kind: 'start', id: started, namespace, module, args });
    return service;
  }

  /** Ends all in that namespace. */
  static async endAll(namespace: string): Promise<void> {
    const all = [...running.values()].filter((service) => service.#namespace === namespace);
    await Promise.all(all.map((service) => service[Symbol.asyncDispose]()));
  }

  static hear({ kind, id, text }: ThreadAnswer): void {
    const service = running.get(id);
    if (service === undefined) return;
    if (text !== '') service.#output.add(`${text}\n`);
    if (kind === 'ended') service.#end();
  }

  get output(): string {
    return this.#output.text;
  }

  get running(): boolean {
    return this.#isRunning;
  }

  /** How often `pattern` (which needs the flag g) stands in the output so far. */
  count(pattern: RegExp): number {
    return this.#output.count(pattern);
  }

  /** Waits until `pattern` has appeared `nth` times, and returns that appearance. */
  saw(pattern: RegExp, nth = 1, patienceMs = PATIENCE_MS): Promise<RegExpMatchArray> {
    return this.#output.saw(pattern, nth, patienceMs);
  }

  /** A line. */
  write(text: string): void {
    ask({ kind: 'line', id: this.#id, text });
  }

  /** Resolves when its sockets are closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isRunning) return;
    ask({ kind: 'end', id: this.#id });
    // Nothing else may keep the process running meanwhile.
    const waiting = setTimeout(() => undefined, PATIENCE_MS);
    await this.#ended.promise;
    clearTimeout(waiting);
  }

  #end(): void {
    this.#isRunning = false;
    running.delete(this.#id);
    this.#ended.resolve();
    this.#output.wake();
  }
}

function ask(request: ThreadRequest): void {
  thread ??= startThread();
  thread.postMessage(request);
}

/** It keeps no process running. */
function startThread(): Worker {
  const worker = new Worker(new URL('net-service-thread.ts', import.meta.url));
  worker.on('message', NetService.hear);
  worker.on('error', (error) => {
    throw error;
  });
  worker.unref();
  return worker;
}
