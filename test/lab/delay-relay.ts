/**
 * Run as a program: a cable between two network namespaces that takes its time, for kernels without netem. Makes a device
 * `eth0` in each and passes frames from one to the other so many milliseconds later, in order: NAMESPACE NAMESPACE MS.
 */
import { openSync, read, writeSync } from 'node:fs';
import koffi from 'koffi';
import { enterNamespace } from './enter-namespace.ts';

// <linux/if_tun.h>
const TUNSETIFF = 0x4004_54ca;
const IFF_TAP = 2;
const IFF_NO_PI = 0x1000;
const IFREQ_BYTES = 40;
const MAX_FRAME = 65_536;

const library = koffi.load('libc.so.6');
const ioctl = library.func('int ioctl(int, unsigned long, void *)') as (
  fd: number,
  request: number,
  argument: Uint8Array,
) => number;

const [first = '', second = '', wait = '0'] = process.argv.slice(2);
const ends = [openTap(first), openTap(second)] as const;
pass(ends[0], ends[1]);
pass(ends[1], ends[0]);
console.log('ready');
// Ends with whoever started it.
process.stdin.resume().on('end', () => process.exit());

function openTap(namespace: string): number {
  enterNamespace(`/run/netns/${namespace}`);
  const tap = openSync('/dev/net/tun', 'r+');
  const request = new Uint8Array(IFREQ_BYTES);
  request.set(Buffer.from('eth0'));
  new DataView(request.buffer).setUint16(16, IFF_TAP | IFF_NO_PI, true);
  if (ioctl(tap, TUNSETIFF, request) !== 0) throw new Error(`no tap device in ${namespace}`);
  return tap;
}

/** One read waits in the thread pool. */
function pass(from: number, to: number): void {
  const frame = Buffer.allocUnsafe(MAX_FRAME);
  read(from, frame, 0, MAX_FRAME, null, (error, length) => {
    if (error !== null) throw error;
    const bytes = Uint8Array.from(frame.subarray(0, length));
    setTimeout(() => writeFrame(to, bytes), Number(wait));
    pass(from, to);
  });
}

function writeFrame(to: number, bytes: Uint8Array): void {
  try {
    writeSync(to, bytes);
  } catch {
    // The device is not up yet: the frame is lost, as on a cable that is not plugged in.
  }
}
