// The house as a test: who may import whom, and what the floors may not name. docs/architecture.md draws it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { suite, test } from 'node:test';
import { impureNames, lateImportsOfNode, loadedWith, unnamedFolders, wrongFiles } from './source-names.ts';
import { casts, cycles, folderCycles, readSources, resolve, type Sources } from './source-rules.ts';
import { readImports } from './source-scanner.ts';

/** From the top down: a floor imports itself and those after it. */
const FLOORS = ['cli', 'app', 'host', 'core'];

/** What each folder may import on its own floor, beside itself. Types count. */
const TABLES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  cli: {
    arguments: [],
    bussa: ['arguments', 'bussa/verbs', 'help', 'process'],
    'bussa/init': ['arguments', 'bussa/page', 'bussa/text'],
    'bussa/page': ['arguments'],
    'bussa/fleet': ['arguments', 'bussa/users'],
    'bussa/text': ['arguments'],
    'bussa/users': ['arguments', 'bussa/text'],
    'bussa/verbs': [
      'arguments',
      'bussa/fleet',
      'bussa/init',
      'bussa/page',
      'bussa/text',
      'bussa/users',
      'completion',
      'daemon-verbs',
      'knockd',
      'process',
    ],
    completion: ['arguments', 'knock', 'knockd'],
    'daemon-verbs': ['arguments', 'knockd'],
    help: ['arguments'],
    knock: ['arguments', 'help', 'process'],
    knockd: ['arguments', 'help', 'process'],
    manual: ['arguments', 'bussa', 'daemon-verbs', 'help', 'knock', 'knockd'],
    process: [],
  },
  app: {
    '': ['client', 'rehearsal'],
    ask: ['config', 'state'],
    client: ['file-access'],
    config: ['file-access'],
    'daemon/bans': [],
    'daemon/composition': [
      'config',
      'daemon/bans',
      'daemon/control',
      'daemon/firewall',
      'daemon/fleet',
      'daemon/leases',
      'daemon/lockout-guard',
      'daemon/packets',
      'daemon/proofs',
      'daemon/reload',
      'daemon/reporting',
      'daemon/spread',
      'daemon/status',
      'daemon/warm-up',
      'state',
    ],
    'daemon/control': [
      'daemon/bans',
      'daemon/leases',
      'daemon/lockout-guard',
      'daemon/reload',
      'daemon/reporting',
      'daemon/status',
      'state',
    ],
    'daemon/firewall': ['config', 'exposure'],
    'daemon/fleet': ['config', 'daemon/bans', 'daemon/leases', 'daemon/spread'],
    'daemon/leases': ['daemon/firewall', 'state'],
    'daemon/lockout-guard': ['config', 'daemon/firewall', 'daemon/reporting'],
    'daemon/packets': ['daemon/reporting'],
    'daemon/process': ['config', 'daemon/composition', 'daemon/lockout-guard', 'state'],
    'daemon/proofs': ['config', 'daemon/leases', 'daemon/packets', 'daemon/reporting'],
    'daemon/reload': [
      'config',
      'daemon/firewall',
      'daemon/leases',
      'daemon/lockout-guard',
      'daemon/packets',
      'daemon/proofs',
      'daemon/reporting',
      'file-access',
    ],
    'daemon/reporting': ['config'],
    'daemon/spread': ['daemon/packets', 'daemon/reporting'],
    'daemon/status': [
      'config',
      'daemon/bans',
      'daemon/firewall',
      'daemon/leases',
      'daemon/packets',
      'daemon/reporting',
    ],
    'daemon/warm-up': [
      'config',
      'daemon/firewall',
      'daemon/leases',
      'daemon/packets',
      'daemon/proofs',
      'daemon/reporting',
      'state',
    ],
    doctor: ['ask', 'client', 'config', 'exposure', 'trial'],
    exposure: [],
    'file-access': [],
    fleet: ['ask', 'state'],
    'fleet/setup': ['users'],
    init: ['config', 'daemon/lockout-guard', 'page'],
    page: [],
    rehearsal: ['config'],
    state: ['config'],
    users: ['ask', 'config', 'file-access'],
    trial: ['ask', 'init'],
    watch: ['ask'],
    web: ['ask', 'web/page/words'],
    'web/page': ['web', 'web/page/words'],
    'web/page/words': [],
  },
  host: {
    capture: ['ffi'],
    clock: ['ffi', 'self'],
    connections: ['ffi', 'files', 'netlink'],
    control: ['ffi'],
    crypto: [],
    engine: [],
    ffi: [],
    files: ['ffi', 'platform'],
    'firewall/choice': ['ffi', 'firewall/contract', 'firewall/iptables', 'firewall/nftables'],
    'firewall/contract': ['ffi'],
    'firewall/iptables': ['ffi', 'firewall/contract', 'firewall/ruleset', 'netlink', 'serial'],
    'firewall/nftables': ['ffi', 'firewall/contract', 'firewall/ruleset', 'netlink'],
    'firewall/ruleset': ['ffi', 'netlink'],
    interfaces: ['ffi', 'netlink'],
    log: ['ffi'],
    netlink: ['ffi'],
    network: ['clock', 'ffi', 'platform'],
    platform: [],
    ports: ['ffi', 'files', 'netlink'],
    privileges: ['ffi', 'self'],
    process: ['ffi'],
    self: ['ffi', 'files'],
    serial: [],
    'service-manager': ['ffi'],
    ssh: [],
    store: [],
    terminal: ['ffi'],
  },
  core: {
    attempt: ['door', 'net', 'packet', 'decoy'],
    ban: ['attempt', 'net'],
    budget: ['attempt', 'net'],
    bytes: [],
    cipher: [],
    client: ['config/file', 'config/values', 'door', 'net', 'signed', 'spa', 'text'],
    code: ['attempt', 'cipher', 'decoy', 'door', 'net', 'packet'],
    compile: ['config/file', 'decoy', 'door', 'net', 'nft'],
    'config/advice': ['config/file', 'config/values', 'door', 'net', 'spa', 'text'],
    'config/file': ['config/values', 'door', 'fleet', 'net', 'spa', 'text'],
    'config/values': ['door', 'net', 'text'],
    control: [
      'attempt',
      'ban',
      'bytes',
      'door',
      'event',
      'feed',
      'fleet',
      'lease',
      'net',
      'say',
      'text',
      'trace',
    ],
    doctor: ['firewall/judge'],
    door: ['net'],
    event: ['door', 'lease', 'net', 'say'],
    feed: ['event', 'net'],
    filter: ['decoy', 'door', 'net', 'signed', 'spa'],
    firewall: ['door', 'net'],
    'firewall/judge': ['net', 'text'],
    'fleet/spread': ['attempt', 'budget', 'bytes', 'door', 'fleet', 'net', 'packet'],
    fleet: ['bytes', 'cipher', 'net', 'ssh', 'text'],
    fwknop: ['bytes', 'config/values', 'net', 'spa', 'text'],
    iptables: ['door', 'net'],
    lease: ['attempt', 'door', 'net', 'say'],
    net: [],
    nft: ['door', 'net'],
    origin: ['ban', 'net'],
    packet: ['net'],
    page: ['bytes', 'cipher', 'door', 'net'],
    proof: [
      'attempt',
      'bytes',
      'cipher',
      'code',
      'door',
      'event',
      'net',
      'origin',
      'say',
      'signed',
      'spa',
      'users',
    ],
    say: [],
    signed: ['bytes', 'cipher', 'net', 'ssh'],
    spa: ['bytes', 'cipher', 'net', 'text'],
    ssh: ['bytes', 'cipher', 'net', 'text'],
    text: [],
    trace: ['attempt', 'budget', 'door', 'lease', 'net', 'origin', 'packet', 'say'],
    decoy: ['door', 'net'],
    users: [
      ...[
        'bytes',
        'cipher',
        'code',
        'config/file',
        'config/values',
        'door',
        'net',
        'signed',
        'spa',
        'ssh',
        'text',
      ],
    ],
  },
};

/** Who may import the daemon from the floor above, and what of it: those that start one. All others ask it. */
const STARTERS: Readonly<Record<string, readonly string[]>> = {
  'cli/bussa/verbs/up.ts': ['daemon/process'],
  'cli/knockd/knockd.ts': ['daemon/process'],
};

/** The packages there are, and the one folder that knows each. */
const PACKAGES: Readonly<Record<string, string>> = {
  koffi: 'host/ffi',
  iovalkey: 'host/engine',
  esbuild: 'app/web',
  preact: 'app/web/page',
  'preact/hooks': 'app/web/page',
  uplot: 'app/web/page',
  uqr: 'cli/bussa/text',
  'get-east-asian-width': 'cli/bussa/text',
};

/** Tells the version; read where options are. */
const VERSION_FILE = '../package.json';

const root = path.join(import.meta.dirname, '..');

suite('architecture', () => {
  const sources = readSources();

  test('there is something to judge on every floor', () => {
    assert.ok(sources.size > 50, `${sources.size} files`);
    for (const floor of FLOORS)
      assert.ok(
        [...sources.keys()].some((file) => file.startsWith(`${floor}/`)),
        floor,
      );
  });
  test('imports point down, inside a floor along the table', () =>
    assert.deepEqual(wrongImports(sources), []));
  test('what the control socket says is parsed, never cast', () => assert.deepEqual(casts(sources), []));
  test('the core is pure and synchronous', () => assert.deepEqual(impureNames(sources), []));
  test('the table of verbs loads no native code: help and doctor do without a damaged koffi', () => {
    assert.deepEqual(loadedWith(sources, 'cli/bussa/bussa.ts', 'koffi'), []);
  });
  test('a daemon without a fleet loads nothing of one', () => {
    const receiver = './fleet-receiver.ts';
    assert.notDeepEqual(loadedWith(sources, 'app/daemon/fleet/fleet.ts', receiver), []);
    assert.deepEqual(loadedWith(sources, 'app/daemon/composition/start-daemon.ts', receiver), []);
    assert.deepEqual(loadedWith(sources, 'app/daemon/process/run-daemon.ts', receiver), []);
  });
  test('no module of Node.js is imported at run time: the executable cannot', () =>
    assert.deepEqual(lateImportsOfNode(sources), []));
  test('no cycles of files', () => assert.deepEqual(cycles(sources), []));
  test('no cycles of folders', () => assert.deepEqual(folderCycles(sources), []));
  test('docs/architecture.md names every folder', () => {
    const map = readFileSync(path.join(root, 'docs/architecture.md'), 'utf8');
    assert.deepEqual(unnamedFolders(sources, map), []);
  });
  test('the tables name no folder that is not there', () => {
    const named = Object.entries(TABLES).flatMap(([floor, table]) =>
      Object.keys(table).map((folder) => nameOf({ floor, folder })),
    );
    const there = new Set([...sources.keys()].map((file) => nameOf(placeOf(file))));
    assert.deepEqual(
      named.filter((one) => !there.has(one)),
      [],
    );
  });
  test('files are named after what they hold, are no barrels, and stay short', () =>
    assert.deepEqual(wrongFiles(sources), []));
});

/** A rule that finds nothing in a good house must find something in a bad one. */
suite('the rules can fail', () => {
  const complaints: readonly (readonly [string, string, string])[] = [
    ['core/net/port.ts', "import type { Door } from '../door/door.ts';", 'core/net may not import core/door'],
    ['core/door/door.ts', "import { readFileSync } from 'node:fs';", 'core may not import node:fs'],
    [
      'core/door/door.ts',
      "export type { Ring } from '../../host/capture/ring.ts';",
      'core may not import host',
    ],
    ['core/door/door.ts', "type A = import('../../app/library.ts').Daemon;", 'core may not import app'],
    ['core/cellar/a.ts', '', 'core/cellar is not in the table'],
    ['app/attic/a.ts', '', 'app/attic is not in the table'],
    ['app/client/a.ts', "import type { Init } from '../init/init.ts';", 'app/client may not import app/init'],
    ['host/log/sink.ts', "import koffi from 'koffi';", 'host/log may not import koffi'],
    ['host/log/sink.ts', "import a, { b } from '../store/store.ts';", 'host/log may not import host/store'],
    ['host/log/sink.ts', "const m = await import('../../app/library.ts');", 'host may not import app'],
    ['app/library.ts', "import { createRequire as r } from 'left-pad';", 'app may not import left-pad'],
    [
      'app/library.ts',
      "import {\n  a,\n  type B,\n} from '../cli/knockd/knockd.ts';",
      'app may not import cli',
    ],
    [
      'cli/bussa/verbs/open.ts',
      "import type { DaemonView } from '../../../app/daemon/status/daemon-view.ts';",
      'cli/bussa/verbs/open.ts may not import app/daemon/status',
    ],
    [
      'cli/bussa/verbs/up.ts',
      "const m = await import('../../../app/daemon/control/control.ts');",
      'cli/bussa/verbs/up.ts may not import app/daemon/control',
    ],
    [
      'app/watch/watch-poll.ts',
      "import type { DaemonView } from '../daemon/status/daemon-view.ts';",
      'app/watch may not import app/daemon/status',
    ],
    ['app/library.ts', "import '../host/log/sink';", 'has no .ts extension'],
    ['stray.ts', '', 'stray.ts is on no floor'],
  ];
  for (const [file, text, expected] of complaints) {
    test(`${file}: ${expected}`, () => {
      const found = wrongImports(new Map([[file, text]]));
      assert.equal(found.length, 1, found.join('\n'));
      assert.ok(found[0]?.includes(expected), String(found[0]));
    });
  }
});

function wrongImports(sources: Sources): readonly string[] {
  return [...sources].flatMap(([file, text]) => {
    const place = placeOf(file);
    if (!FLOORS.includes(place.floor)) return [`${file} is on no floor`];
    if (allowedBeside(place) === undefined) return [`${file}: ${nameOf(place)} is not in the table`];
    return readImports(text).flatMap((name) => {
      const complaint = name.startsWith('.') ? wrongFile(file, name) : wrongPackage(place, name);
      return complaint === undefined ? [] : [`${file}: ${complaint}`];
    });
  });
}

function wrongFile(file: string, name: string): string | undefined {
  if (resolve(file, name) === VERSION_FILE && file.startsWith('cli/')) return undefined;
  if (!/\.tsx?$/.test(name)) return `${name} has no .ts extension`;
  const from = placeOf(file);
  const to = placeOf(resolve(file, name));
  if (from.floor !== to.floor) {
    const isBelow = FLOORS.indexOf(to.floor) > FLOORS.indexOf(from.floor);
    if (!isBelow) return `${from.floor} may not import ${to.floor}`;
    if (!nameOf(to).startsWith('app/daemon') || STARTERS[file]?.includes(to.folder)) return undefined;
    return `${file} may not import ${nameOf(to)}`;
  }
  const allowed = allowedBeside(from);
  if (allowed === undefined || to.folder === from.folder || allowed.includes(to.folder)) return undefined;
  return `${nameOf(from)} may not import ${nameOf(to)}`;
}

function wrongPackage({ floor, folder }: Place, name: string): string | undefined {
  if (name.startsWith('node:')) return floor === 'core' ? `core may not import ${name}` : undefined;
  const home = `${floor}/${folder}`;
  if (PACKAGES[name] === home) return undefined;
  return `${floor === 'host' ? `host/${folder}` : floor} may not import ${name}`;
}

type Place = { readonly floor: string; readonly folder: string };

function placeOf(file: string): Place {
  const [floor = '', ...rest] = file.split('/');
  return { floor, folder: rest.slice(0, -1).join('/') };
}

const nameOf = ({ floor, folder }: Place): string => (folder === '' ? floor : `${floor}/${folder}`);

function allowedBeside({ floor, folder }: Place): readonly string[] | undefined {
  return TABLES[floor]?.[folder];
}
