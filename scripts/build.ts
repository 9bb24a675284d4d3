// node scripts/build.ts [DIRECTORY]: makes bussa in the directory (dist), and links to it by the programs' names. Two
// builds of the same sources on machines with the same strip(1) and architecture are the same bytes.

import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundleProgram, bundleStart, PROGRAMS, type ProgramName } from './bundle.ts';
import { step } from './step.ts';
import { type Architecture, isOwn, parseArchitecture, partsOf } from './target.ts';

const root = path.join(import.meta.dirname, '..');
const LINKS = ['knockd', 'knock'] as const;
const names = Object.keys(PROGRAMS) as ProgramName[];

/**
 * What Node.js and V8 are told at every start. --disable-sigusr1: no debugger opens at that signal. Two limits, and the
 * one that `favourSmallMemory` sets later, halve the memory under allocation load, and cost the hot loop nothing. With
 * --optimize-for-size or --expose-gc here, V8 would refuse what Node.js has compiled of its own modules.
 */
export const FLAGS: readonly string[] = [
  '--disable-warning=ExperimentalWarning',
  '--disable-sigusr1',
  '--experimental-ffi',
  '--max-semi-space-size=1',
  '--v8-pool-size=1',
];

/** Runs of each program that need no privilege and are the same on every machine: what they compile is compiled ahead. */
const REHEARSALS: Readonly<Record<ProgramName, readonly (readonly string[])[]>> = {
  knockd: [['--read', 'knocks.pcap', '-c', 'knockd.conf']],
  knock: [['127.0.0.1', '9', '9:udp']],
  bussa: [['--help']],
  'bussa-client': ['ports', 'key'].map((host) => ['connect', '-F', 'hosts.conf', host, '9']),
  'bussa-undo': [[]],
};

/**
 * V8 takes what was compiled elsewhere only if it likes everything about it, and else says no more than this. What it has
 * taken it writes again: it numbers functions, and in a rehearsal the numbers depend on how long the network took.
 */
const SETTLE = `
  const { readFileSync, writeFileSync } = require('node:fs');
  const [, name, purpose] = process.argv;
  const cachedData = readFileSync(name + '.cache');
  const script = new (require('node:vm').Script)(readFileSync(name + '.js', 'latin1'), { filename: name + '.js', cachedData });
  if (script.cachedDataRejected) throw new Error('V8 does not take what it has compiled of ' + name + ' ahead');
  if (purpose === 'settle') writeFileSync(name + '.cache', script.createCachedData());
`;

const REHEARSAL_CONFIG = `[ssh]
  sequence = 7000,8000,9000
  tcpflags = syn
  open = tcp/22
  open_for = 60s
`;
const REHEARSAL_CARD = 'bussa1-AQAJpOCSkrZRwni5dyxWn1-puxPZBrRqtoyd-dwrRAn4ogmAs53W';

/** ssh waits for `bussa connect`. Nobody answers here: it knocks, by ports and by key, and gives up. */
const REHEARSAL_HOSTS = `Host ports
  HostName 127.0.0.1
  Knock 9 9:udp
  Retries 0
Host key
  HostName 127.0.0.1
  Card ${REHEARSAL_CARD}
  IdentityFile key
  IdentityAgent none
  Retries 0
`;
const REHEARSAL_PACKETS = path.join(root, 'test/fuzz/corpus/captures/knocks.pcap');

/**
 * Makes the executable and its links in that directory. V8 compiles ahead only for the architecture that it runs on: an
 * executable for another one starts without compiled code, and so more slowly.
 */
export async function build(
  to: string,
  architecture: Architecture = parseArchitecture(process.arch),
): Promise<void> {
  const work = mkdtempSync(path.join(tmpdir(), 'bussa-build-'));
  const at = (name: string): string => path.join(work, name);
  const label = `${architecture}: `;
  try {
    const parts = await step(`${label}Node.js and koffi`, () => partsOf(architecture));
    // After the scripts are in it, strip would break it.
    await step(`${label}Node.js without symbols`, () => run(parts.strip, ['-o', at('node'), parts.node]));
    copyFileSync(parts.addon, at('koffi.node'));
    await step(`${label}one script for each program`, async () => {
      await bundleStart(at('start.js'));
      for (const name of names) await bundleProgram(name, at(`${name}.js`));
    });
    if (isOwn(architecture)) await step(`${label}code compiled ahead`, () => compileAllAhead(work));
    writeFileSync(at('sea.json'), JSON.stringify(describe(names, isOwn(architecture))));
    await step(`${label}all of it as one executable`, () =>
      run(process.execPath, ['--build-sea', 'sea.json'], work),
    );
    place(at('bussa'), to);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function compileAllAhead(work: string): void {
  const at = (name: string): string => path.join(work, name);
  writeFileSync(at('knockd.conf'), REHEARSAL_CONFIG, { mode: 0o600 });
  copyFileSync(REHEARSAL_PACKETS, at('knocks.pcap'));
  writeFileSync(at('hosts.conf'), REHEARSAL_HOSTS, { mode: 0o600 });
  run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', 'key'], work);
  for (const name of names) compileAhead(name, work);
}

/** With a fixed seed and one thread the same functions make the same bytes; no process that uses them has these flags. */
function compileAhead(name: ProgramName, work: string): void {
  const script = path.join(import.meta.dirname, 'compile-ahead.ts');
  const flags = [...FLAGS, '--predictable', '--random-seed=1'];
  for (const words of REHEARSALS[name]) run('./node', [...flags, script, name, ...words], work);
  run('./node', [...flags, '--eval', SETTLE, name, 'settle'], work);
  run('./node', [...FLAGS, '--eval', SETTLE, name, 'judge'], work);
}

/** Node.js's description of a single executable application; without "none", a root daemon would follow NODE_OPTIONS. */
function describe(programs: readonly ProgramName[], isCompiled: boolean): object {
  const endings = isCompiled ? ['js', 'cache'] : ['js'];
  const files = ['koffi.node', ...programs.flatMap((name) => endings.map((ending) => `${name}.${ending}`))];
  return {
    main: 'start.js',
    executable: 'node',
    output: 'bussa',
    disableExperimentalSEAWarning: true,
    execArgv: FLAGS,
    execArgvExtension: 'none',
    assets: Object.fromEntries(files.map((file) => [file, file])),
  };
}

/** The executable and its links; one that is running keeps its own file. */
function place(executable: string, to: string): void {
  mkdirSync(to, { recursive: true });
  const file = path.join(to, 'bussa');
  rmSync(file, { force: true });
  copyFileSync(executable, file);
  chmodSync(file, 0o755);
  for (const name of LINKS) {
    rmSync(path.join(to, name), { force: true });
    symlinkSync('bussa', path.join(to, name));
  }
}

function run(program: string, args: readonly string[], cwd: string = root): void {
  execFileSync(program, args, {
    cwd,
    // Why a rehearsal gave up is of no interest; of an error the message has it.
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH },
  });
}

if (import.meta.main) await build(path.resolve(process.argv[2] ?? path.join(root, 'dist')));
