// Prints a knockd.conf with one door that cannot lock anybody out or let anybody in: its command only greets.

import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const LENGTH = 4;
const FIRST_PORT = 10_000;
/** Above are the ports that the kernel gives to connections of its own (ip_local_port_range from 32768). */
const LAST_PORT = 32_767;

const TABLES = ['tcp', 'tcp6', 'udp', 'udp6'];

export function renderExample(sequence: readonly number[]): string {
  return [
    '[example]',
    `\tsequence    = ${sequence.join(',')}`,
    '\tseq_timeout = 30',
    '\ttcpflags    = syn',
    '\tcommand     = /bin/echo "hello %IP%, this is where your own door would open"',
    '',
  ].join('\n');
}

/** Distinct ports that nothing here uses, and not in ascending order, which a port scan would knock. */
export function chooseSequence(used: ReadonlySet<number>, choose: () => number): readonly number[] {
  const sequence: number[] = [];
  while (sequence.length < LENGTH) {
    const port = choose();
    if (!used.has(port) && !sequence.includes(port)) sequence.push(port);
  }
  return isAscending(sequence) ? sequence.reverse() : sequence;
}

/** The local ports in a table of /proc/net: the second column is `ADDRESS:PORT` in hexadecimal (proc(5)). */
export function usedPorts(table: string): readonly number[] {
  const rows = table.split('\n').slice(1);
  return rows.flatMap((row) => {
    const port = /^\s*\d+:\s+[0-9A-F]+:([0-9A-F]{4})\s/.exec(row)?.[1];
    return port === undefined ? [] : [Number.parseInt(port, 16)];
  });
}

function isAscending(ports: readonly number[]): boolean {
  return ports.every((port, index) => index === 0 || port > (ports[index - 1] ?? 0));
}

/** A kernel without IPv6 has no tables for it. */
function readTable(name: string): string {
  try {
    return readFileSync(`/proc/net/${name}`, 'latin1');
  } catch {
    return '';
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const used = new Set(TABLES.flatMap((name) => usedPorts(readTable(name))));
  process.stdout.write(renderExample(chooseSequence(used, () => randomInt(FIRST_PORT, LAST_PORT + 1))));
}
