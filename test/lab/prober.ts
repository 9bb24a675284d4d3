/**
 * Tries ports from inside a namespace. Reads `[id, protocol, from, to, port, waitMs, at?]` as JSON, one a line; answers
 * `probe ID open|shut MILLISECONDS`, the time of day at which it began. `at`: begins then, to the microsecond, as far
 * as the scheduler lets it. TCP is open when the connection is made, UDP when a datagram, sent every 100 ms, is
 * answered. Run as a program it has a processor to itself.
 */
import { createSocket } from 'node:dgram';
import { flushCompileCache } from 'node:module';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { NetServiceContext } from './net-service-context.ts';

export type ProbeRequest = readonly [
  id: number,
  protocol: 'tcp' | 'udp',
  from: string,
  to: string,
  port: number,
  waitMs: number,
  at?: number,
];

const now = (): number => performance.timeOrigin + performance.now();

type Say = (line: string) => void;

export function prober({ say, inside, onLine }: NetServiceContext): void {
  onLine((line) => inside(() => probe(JSON.parse(line) as ProbeRequest, say)));
  say('ready');
}

function probe([id, protocol, from, to, port, waitMs, at]: ProbeRequest, say: Say): void {
  if (at !== undefined) while (now() < at);
  const began = now();
  const end = (verdict: 'open' | 'shut'): void => {
    clearTimeout(timer);
    close();
    say(`probe ${id} ${verdict} ${began.toFixed(3)}`);
  };
  const timer = setTimeout(end, waitMs, 'shut');
  const close = protocol === 'tcp' ? tryTcp(from, to, port, end) : tryUdp(from, to, port, end);
}

function tryTcp(
  from: string,
  host: string,
  port: number,
  end: (verdict: 'open' | 'shut') => void,
): () => void {
  const socket = connect({ host, port, localAddress: from });
  socket.once('connect', () => end('open'));
  socket.once('error', () => end('shut'));
  return () => socket.destroy();
}

function tryUdp(
  from: string,
  host: string,
  port: number,
  end: (verdict: 'open' | 'shut') => void,
): () => void {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.once('message', () => end('open'));
  socket.once('error', () => end('shut'));
  const send = (): void => socket.send('probe', port, host);
  let again: NodeJS.Timeout | undefined;
  socket.bind(0, from, () => {
    again = setInterval(send, 100);
    send();
  });
  return () => {
    clearInterval(again);
    socket.removeAllListeners('error').on('error', () => undefined);
    socket.close();
  };
}

if (import.meta.main) {
  // Tests end this program by a signal, with which Node.js keeps nothing of what it has compiled.
  flushCompileCache();
  console.log('ready');
  for await (const line of createInterface({ input: process.stdin }))
    probe(JSON.parse(line) as ProbeRequest, console.log);
}
