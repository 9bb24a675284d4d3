import { isBrowserPort } from '../net/browser-ports.ts';
import type { Port } from '../net/port.ts';
import type { Sequence, SequenceStep } from './sequence.ts';

/** Above the well-known ports, and below NodePorts and the ports of the host's own connections. */
const FIRST = 2_000;
const LAST = 29_999;

/** Decoy ports lie within 32 ports of each knock port: those of two ports must not overlap. */
const APART = 65;

/** Used by common programs, and in every scanner's list, whatever /etc/services says. */
const WIDESPREAD: ReadonlySet<number> = new Set([
  2049, 2082, 2083, 2086, 2087, 2095, 2096, 2121, 2181, 2222, 2375, 2376, 2379, 2380, 2483, 2484, 3000, 3128,
  3260, 3268, 3269, 3306, 3389, 3478, 3690, 4000, 4333, 4369, 4444, 4500, 4567, 4848, 4899, 5000, 5001, 5003,
  5004, 5005, 5009, 5060, 5061, 5222, 5269, 5353, 5355, 5432, 5555, 5601, 5631, 5666, 5672, 5683, 5800, 5900,
  5901, 5938, 5984, 5985, 5986, 6000, 6001, 6379, 6443, 6514, 6588, 6646, 6660, 6667, 6697, 6881, 7000, 7001,
  7070, 7199, 7443, 7474, 7547, 7777, 7946, 8000, 8001, 8006, 8008, 8009, 8010, 8020, 8031, 8042, 8060, 8069,
  8080, 8081, 8082, 8083, 8086, 8088, 8089, 8090, 8091, 8096, 8123, 8139, 8140, 8161, 8172, 8191, 8200, 8222,
  8291, 8333, 8384, 8443, 8444, 8500, 8530, 8531, 8545, 8686, 8728, 8765, 8787, 8834, 8843, 8880, 8883, 8888,
  8889, 8983, 8999, 9000, 9001, 9042, 9043, 9060, 9080, 9090, 9091, 9092, 9093, 9100, 9160, 9200, 9293, 9300,
  9389, 9418, 9443, 9600, 9876, 9981, 9987, 9993, 9999, 10000, 10001, 10050, 10051, 10243, 10250, 10255,
  10256, 11211, 11371, 12345, 13337, 15672, 16379, 16992, 17500, 18080, 19132, 19999, 20000, 22000, 23456,
  24800, 25565, 25826, 26257, 27015, 27017, 27018, 27374, 28015, 28017,
]);

export type SequenceOptions = {
  /** At least 1. */
  readonly knocks: number;
  /** Ports that are in use, or well known. */
  readonly avoid: ReadonlySet<number>;
  /** An unpredictable whole number below its argument, all equally likely. */
  readonly draw: (limit: number) => number;
};

/**
 * Draws knock ports that no list contains: far from each other and from used ports, not round, neither all ascending
 * nor all descending. TCP, which every client and network supports, and ports that browsers allow. `undefined`: no such
 * port is left.
 */
export function drawSequence({ knocks, avoid, draw }: SequenceOptions): Sequence | undefined {
  const isGood = (port: number): boolean =>
    !avoid.has(port) && !WIDESPREAD.has(port) && isBrowserPort(port) && !isMemorable(port);
  let left = Array.from({ length: LAST - FIRST + 1 }, (_, i) => FIRST + i).filter(isGood);
  const ports: number[] = [];
  while (ports.length < knocks) {
    const port = left[draw(left.length || 1)];
    if (port === undefined) return undefined;
    ports.push(port);
    left = left.filter((other) => Math.abs(other - port) >= APART);
  }
  const [first, ...rest] = mixed(ports, draw).map(
    (port): SequenceStep => ({ protocol: 'tcp', port: port as Port }),
  );
  return first === undefined ? undefined : [first, ...rest];
}

/** Ports that people choose, and try: 2500, 7777, 12321, 12345. */
function isMemorable(port: number): boolean {
  const text = String(port);
  const steps = [...text].slice(1).map((digit, i) => Number(digit) - Number(text[i]));
  const isEven = steps.every((step) => step === steps[0]) && Math.abs(steps[0] ?? 0) <= 1;
  return port % 100 === 0 || isEven || text === [...text].reverse().join('') || /^(\d\d)\1/.test(text);
}

/** An order that no scan uses: if it is monotonic, two neighbours are swapped. */
function mixed(ports: readonly number[], draw: (limit: number) => number): readonly number[] {
  if (ports.length < 3) return ports;
  const rises = ports.slice(1).every((port, i) => port > (ports[i] as number));
  const falls = ports.slice(1).every((port, i) => port < (ports[i] as number));
  if (!rises && !falls) return ports;
  const at = draw(ports.length - 1);
  const [a, b] = [ports[at] as number, ports[at + 1] as number];
  return ports.with(at, b).with(at + 1, a);
}
