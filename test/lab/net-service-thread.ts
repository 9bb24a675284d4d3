/** The thread that has the sockets of all services and clients of a test process: see net-service.ts. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { echoService } from './echo-service.ts';
import { enterNamespace } from './enter-namespace.ts';
import { payloadSender } from './payload-sockets.ts';
import { portService } from './port-service.ts';
import { prober } from './prober.ts';
import { pushClient } from './push-client.ts';
import { pushService } from './push-service.ts';

const MODULES = { echoService, payloadSender, portService, prober, pushClient, pushService };
export type NetServiceName = keyof typeof MODULES;

export type ThreadRequest = { readonly id: number } & (
  | {
      readonly kind: 'start';
      readonly namespace: string;
      readonly module: NetServiceName;
      readonly args: readonly string[];
    }
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'end' }
);

export type ThreadAnswer = { readonly kind: 'said' | 'ended'; readonly id: number; readonly text: string };

type Running = { readonly listeners: ((line: string) => void)[]; readonly endings: (() => void)[] };

const home = `/proc/${process.pid}/ns/net`;
const running = new Map<number, Running>();
let turn: Promise<void> = Promise.resolve();

parentPort?.on('message', (request: ThreadRequest) => {
  if (request.kind === 'start') start(request);
  else if (request.kind === 'line') inTurn(() => hear(request.id, request.text));
  else inTurn(() => end(request.id, ''));
});

function start({ id, namespace, module, args }: Extract<ThreadRequest, { kind: 'start' }>): void {
  const service: Running = { listeners: [], endings: [] };
  running.set(id, service);
  const inside = (open: () => void): void =>
    inTurn(async () => {
      enterNamespace(`/run/netns/${namespace}`);
      try {
        open();
        // Node.js makes the socket in this turn of its loop, but not in the call.
        await nextTurn();
      } finally {
        enterNamespace(home);
      }
    }, id);
  const say = (line: string): void => answer('said', id, line);
  MODULES[module]({
    args,
    say,
    inside,
    onLine: (listener) => service.listeners.push(listener),
    onEnd: (close) => service.endings.unshift(close),
  });
}

/** One after the other: the thread is in one namespace at a time. */
function inTurn(work: () => void | Promise<void>, id?: number): void {
  turn = turn.then(work).catch((error: unknown) => {
    if (id === undefined) throw error;
    end(id, String(error));
  });
}

function hear(id: number, text: string): void {
  for (const listener of running.get(id)?.listeners ?? []) listener(text);
}

function end(id: number, text: string): void {
  const service = running.get(id);
  if (service === undefined) return;
  running.delete(id);
  for (const close of service.endings) close();
  // What is to be closed is so after this turn.
  setImmediate(answer, 'ended', id, text);
}

function answer(kind: ThreadAnswer['kind'], id: number, text: string): void {
  parentPort?.postMessage({ kind, id, text } satisfies ThreadAnswer);
}
