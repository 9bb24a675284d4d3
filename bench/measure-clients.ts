import { fileURLToPath } from 'node:url';
import { BUSSA, C_KNOCK, KNOCK } from '../test/lab/knockd.ts';
import type { Program } from '../test/lab/program.ts';
import { SERVER } from '../test/lab/wire.ts';
import type { Contender, Samples } from './samples.ts';
import type { TestBed } from './test-bed.ts';

const NODE = [process.execPath, '--disable-warning=ExperimentalWarning'] as const;
const TIMER = fileURLToPath(new URL('client-timer.ts', import.meta.url));
const PORTS = ['7501', '7502', '7503'];
/** What tcpdump does not look at. */
const OTHER_PORTS = ['7601', '7602', '7603'];
/** The floor of every program in it: it starts, and runs a file with nothing in it. */
const EMPTY_NODE = [process.execPath, '/dev/null'];
const RAN = /^ran (\d+) (\d+)\n/m;

/** The client, ours and knockd's: from its start to its first packet on the wire, and to its end; and `bussa --help`. */
export async function measureClients(ground: TestBed, samples: Samples, rounds: number): Promise<void> {
  console.error(`clients: ${rounds} knocks of each`);
  await using packets = ground.wire.server.start(
    ...(['tcpdump', '-tt', '--time-stamp-precision=nano', '-nl', '--immediate-mode', '-i', 'eth0'] as const),
    `tcp dst port ${PORTS[0]}`,
  );
  await packets.saw(/listening on/);
  await using timer = ground.wire.client.start(...NODE, TIMER);
  await timer.saw(/ready/);
  let count = 0;
  let ran = 0;
  for (let round = 0; round < rounds; round++) {
    for (const [name, command] of [
      ['knockd', [C_KNOCK]],
      ['Bussa', KNOCK],
    ] as const) {
      count += 1;
      ran += 1;
      await timeClient(samples, name, [...command, SERVER, ...PORTS], timer, { ran, packets, count });
    }
    const timeOf = async (words: readonly string[]): Promise<number> => {
      ran += 1;
      timer.write(`${JSON.stringify(words)}\n`);
      const [, start = '', end = ''] = await timer.saw(RAN, ran);
      return Number(BigInt(end) - BigInt(start)) / 1e6;
    };
    samples.add('client.help', 'Bussa', await timeOf([...BUSSA, '--help']));
    const knock = await timeOf([...KNOCK, '-u', SERVER, ...OTHER_PORTS]);
    samples.add('client.overNode', 'Bussa', knock / (await timeOf(EMPTY_NODE)));
  }
}

async function timeClient(
  samples: Samples,
  name: Contender,
  command: readonly string[],
  timer: Program,
  { ran, packets, count }: { readonly ran: number; readonly packets: Program; readonly count: number },
): Promise<void> {
  timer.write(`${JSON.stringify(command)}\n`);
  const [, start = '', end = ''] = await timer.saw(RAN, ran);
  const [, first = ''] = await packets.saw(/^(\d+\.\d+) IP/m, count);
  const milliseconds = (to: bigint): number => Number(to - BigInt(start)) / 1e6;
  samples.add('client.firstPacket', name, milliseconds(BigInt(first.replace('.', ''))));
  samples.add('client.wall', name, milliseconds(BigInt(end)));
}
