/**
 * node bench/compare-builds.ts DIRECTORY DIRECTORY [ROUNDS]: two builds (`node scripts/build.ts DIRECTORY`) in turns, for
 * a change whose gain a whole run of the bench would not show. Milliseconds from exec to the end of `knock`, of
 * `bussa connect` at an open port and of `bussa --help`, and from exec to listening of a daemon with a firewall door.
 * Behind `chrt -f 10` it tells them apart on a machine with other work, too.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { WorkDirectory } from '../test/lab/knockd.ts';
import { Namespace } from '../test/lab/namespace.ts';

const [one = '', other = '', rounds = '15'] = process.argv.slice(2);
const builds = [one, other].map((directory) => path.resolve(directory));
const HOST = '127.0.0.1';
const PORT = '7999';
const DOOR = `[options]
  firewall = nftables
[ssh]
  sequence = 7000,8000,9000
  open = tcp/22
  open_for = 60
`;
const SERVICE = `require('node:net').createServer((socket) => socket.end()).listen(${PORT}, () => console.log('ready'))`;

await using namespace = await Namespace.create();
using directory = new WorkDirectory();
const hosts = directory.file('hosts.conf', `Host ${HOST}\n  Knock 7001 7002 7003\n`);
const config = directory.file('knockd.conf', DOOR);
await using service = namespace.start(process.execPath, '--eval', SERVICE);
await service.saw(/ready/);

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  'knock -u': ['knock', '-u', HOST, '7001', '7002', '7003'],
  'bussa connect': ['bussa', 'connect', '-F', hosts, HOST, PORT],
  'bussa --help': ['bussa', '--help'],
};
const times = new Map<string, number[]>();

for (let round = 0; round < Number(rounds); round++) {
  // Each comes first in every other round.
  for (const build of round % 2 === 0 ? builds : builds.toReversed()) {
    for (const [what, [program = '', ...words]] of Object.entries(COMMANDS))
      add(what, build, timeOf(path.join(build, program), words));
    add('start to listening', build, await timeStart(build));
  }
}
for (const what of [...Object.keys(COMMANDS), 'start to listening'])
  console.log(`${what.padEnd(20)}${builds.map((build) => said(`${what} ${build}`)).join('  ')}`);

function add(what: string, build: string, ms: number): void {
  const name = `${what} ${build}`;
  times.set(name, [...(times.get(name) ?? []), ms]);
}

/** With what it takes to enter the namespace, which is the same for both. */
function timeOf(program: string, words: readonly string[]): number {
  const from = performance.now();
  const { status } = spawnSync('ip', ['netns', 'exec', namespace.name, program, ...words], {
    stdio: 'ignore',
  });
  if (status !== 0) throw new Error(`${program} ${words.join(' ')} has ended with status ${status}`);
  return performance.now() - from;
}

async function timeStart(build: string): Promise<number> {
  const from = performance.now();
  const options = ['-v', '-c', config, '--state', directory.path];
  await using daemon = namespace.start(path.join(build, 'knockd'), ...options);
  await daemon.saw(/listening on/);
  const ms = performance.now() - from;
  await daemon.stop('SIGTERM', 5000);
  return ms;
}

function said(name: string): string {
  const ascending = (times.get(name) ?? []).toSorted((a, b) => a - b);
  const median = ascending[Math.floor(ascending.length / 2)] ?? Number.NaN;
  return `${median.toFixed(1)} ms (${ascending[0]?.toFixed(1)} at least)`.padStart(26);
}
