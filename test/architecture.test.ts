// The house as a test: who may import whom, and what the floors may not name. docs/architecture.md draws it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { suite, test } from 'node:test';
import {
  casts,
  cycles,
  folderCycles,
  lengthOf,
  MAX_LINES,
  readSources,
  resolve,
  type Sources,
} from './source-rules.ts';
import { isBarrel, readImports, readTokens } from './source-scanner.ts';

/** From the top down: a floor imports itself and those after it. */
const FLOORS = ['cli', 'app', 'host', 'core'];

/** What each folder may import on its own floor, beside itself. Types count. */
const TABLES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  cli: {
    arguments: [],
    bussa: ['arguments', 'bussa/verbs', 'help', 'process'],
    'bussa/init': ['arguments', 'bussa/page', 'bussa/text'],
    'bussa/page': ['arguments'],
    'bussa/text': ['arguments'],
    'bussa/verbs': [
      'arguments',
      'bussa/init',
      'bussa/page',
      'bussa/text',
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
    'daemon/codes': ['config', 'daemon/leases', 'daemon/packets', 'daemon/reporting'],
    'daemon/composition': [
      'config',
      'daemon/bans',
      'daemon/codes',
      'daemon/control',
      'daemon/firewall',
      'daemon/fleet',
      'daemon/leases',
      'daemon/lockout-guard',
      'daemon/metrics',
      'daemon/packets',
      'daemon/payloads',
      'daemon/reload',
      'daemon/reporting',
      'daemon/spread',
      'daemon/status',
      'daemon/warm-up',
      'state',
    ],
    'daemon/control': [
      'daemon/bans',
      'daemon/feed',
      'daemon/leases',
      'daemon/lockout-guard',
      'daemon/reload',
      'daemon/status',
      'daemon/serial',
      'state',
    ],
    'daemon/feed': [],
    'daemon/firewall': ['config', 'daemon/packets', 'daemon/serial', 'exposure'],
    'daemon/fleet': ['config', 'daemon/bans', 'daemon/control', 'daemon/leases', 'daemon/spread'],
    'daemon/leases': ['config', 'daemon/firewall', 'daemon/serial', 'state'],
    'daemon/lockout-guard': ['config', 'daemon/firewall', 'daemon/reporting'],
    'daemon/metrics': ['daemon/reporting', 'daemon/status'],
    'daemon/packets': ['daemon/reporting'],
    'daemon/payloads': ['config', 'daemon/leases', 'daemon/packets', 'daemon/reporting'],
    'daemon/privileges': ['config', 'state'],
    'daemon/process': ['config', 'daemon/composition', 'daemon/lockout-guard', 'daemon/privileges', 'state'],
    'daemon/reload': [
      'config',
      'daemon/codes',
      'daemon/firewall',
      'daemon/leases',
      'daemon/lockout-guard',
      'daemon/packets',
      'daemon/payloads',
      'daemon/reporting',
      'daemon/serial',
      'file-access',
    ],
    'daemon/reporting': ['config', 'daemon/feed', 'daemon/serial'],
    'daemon/spread': ['daemon/packets', 'daemon/reporting'],
    'daemon/status': [
      'config',
      'daemon/bans',
      'daemon/firewall',
      'daemon/leases',
      'daemon/packets',
      'daemon/reporting',
    ],
    'daemon/serial': [],
    'daemon/warm-up': [
      'config',
      'daemon/firewall',
      'daemon/leases',
      'daemon/packets',
      'daemon/payloads',
      'daemon/reporting',
      'state',
    ],
    doctor: ['ask', 'client', 'config', 'exposure', 'trial'],
    exposure: [],
    'file-access': [],
    init: ['config', 'daemon/lockout-guard', 'page'],
    page: [],
    rehearsal: ['config'],
    state: ['config'],
    users: ['ask', 'config', 'file-access'],
    trial: ['ask', 'init'],
    watch: ['ask'],
    web: ['ask'],
    'web/page': ['web'],
  },
  host: {
    capture: ['ffi'],
    clock: ['ffi', 'self'],
    connections: ['ffi', 'netlink'],
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
    ports: ['ffi', 'netlink'],
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
    control: ['attempt', 'ban', 'bytes', 'door', 'event', 'feed', 'fleet', 'lease', 'net', 'text', 'trace'],
    doctor: ['firewall/judge'],
    door: ['net'],
    event: ['door', 'lease', 'net'],
    feed: ['event', 'net'],
    filter: ['decoy', 'door', 'net', 'signed', 'spa'],
    firewall: ['door', 'net'],
    'firewall/judge': ['net', 'text'],
    'fleet/spread': ['attempt', 'budget', 'bytes', 'door', 'fleet', 'net', 'packet'],
    fleet: ['bytes', 'cipher', 'net', 'ssh', 'text'],
    fwknop: ['bytes', 'config/values', 'net', 'spa', 'text'],
    iptables: ['door', 'net'],
    lease: ['attempt', 'door', 'net'],
    net: [],
    nft: ['door', 'net'],
    origin: ['ban', 'net'],
    packet: ['net'],
    page: ['bytes', 'cipher', 'door', 'net'],
    proof: ['attempt', 'bytes', 'cipher', 'code', 'door', 'event', 'net', 'origin', 'signed', 'spa', 'users'],
    signed: ['bytes', 'cipher', 'net', 'ssh'],
    spa: ['bytes', 'cipher', 'net', 'text'],
    ssh: ['bytes', 'cipher', 'net', 'text'],
    text: [],
    trace: ['attempt', 'budget', 'door', 'lease', 'net', 'origin', 'packet'],
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

/** Names by which time, chance, the outside or a later turn of the loop would enter the pure floor. */
const IMPURE = new Set(
  'async await Promise process globalThis performance crypto console fetch setTimeout setInterval setImmediate queueMicrotask'.split(
    ' ',
  ),
);

/** Tells the version; read where options are. */
const VERSION_FILE = '../package.json';

const KEBAB_CASE = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test)?\.tsx?$/;
const VAGUE_NAME = /^index\.ts$|(?:^|-)(?:utils?|helpers?|common|misc)\.ts$/;

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

  test('casts of answers', () => {
    const asks =
      "import { askDaemon } from '../../../app/ask/ask-daemon.ts';\nimport { a as b } from './c.ts';\n";
    const judge = (text: string): readonly string[] =>
      casts(new Map([['cli/bussa/verbs/open.ts', `${asks}${text}`]]));
    assert.deepEqual(judge('const lease = answer.lease as LeaseStatus;'), [
      'cli/bussa/verbs/open.ts: as LeaseStatus',
    ]);
    assert.deepEqual(judge("const follow = { follow: true } as const; // as Json\nconst t = 'as T';"), []);
  });

  test('impure names', () => {
    const impure = [
      'const t = Date.now();',
      'const d = new Date();',
      'Math.random();',
      'async () => 1;',
      'setTimeout(f, 1);',
    ];
    for (const text of impure) assert.equal(impureNames(new Map([['core/net/a.ts', text]])).length, 1, text);
    const pure = [
      'const d = new Date(ms);',
      '// await',
      "'async'",
      'a.process;',
      `\`Date.now() \${b}\``,
      '/async/;',
      'Math.min(1);',
    ];
    for (const text of pure) assert.deepEqual(impureNames(new Map([['core/net/a.ts', text]])), [], text);
    assert.equal(impureNames(new Map([['core/net/a.ts', `\`\${Date.now()}\``]])).length, 1);
  });

  test('cycles, through types and at any length', () => {
    const found = cycles(
      new Map([
        ['app/a.ts', "import type { B } from './b.ts';"],
        ['app/b.ts', "export * from './c.ts';"],
        ['app/c.ts', "import { a } from './a.ts';"],
        ['app/d.ts', "import { a } from './a.ts';"],
      ]),
    );
    assert.deepEqual(found, ['app/a.ts → app/b.ts → app/c.ts → app/a.ts']);
  });

  test('cycles of folders, where no file is in one', () => {
    const found = folderCycles(
      new Map([
        ['app/one/a.ts', "import { b } from '../two/b.ts';"],
        ['app/two/b.ts', ''],
        ['app/two/c.ts', "import type { D } from '../one/d.ts';"],
        ['app/one/d.ts', ''],
      ]),
    );
    assert.deepEqual(found, ['app/one → app/two → app/one']);
  });

  test('folders that the map does not name', () => {
    const some: Sources = new Map([
      ['app/one/a.ts', ''],
      ['app/two/b.ts', ''],
    ]);
    assert.deepEqual(unnamedFolders(some, 'src/app/one/   the first\nsrc/app/twofold/   another'), [
      'src/app/two/',
    ]);
  });

  test('files', () => {
    const found = wrongFiles(
      new Map([
        ['app/index.ts', 'const a = 1;'],
        ['app/string-utils.ts', 'const a = 1;'],
        ['app/Daemon.ts', 'const a = 1;'],
        ['app/all.ts', "// all of it\nexport * from './a.ts';\nexport type { B } from './b.ts';\n"],
        ['app/long.ts', 'a;\n'.repeat(MAX_LINES + 1)],
        ['app/good.ts', "export { a } from './a.ts';\nexport const b = 1;\n"],
      ]),
    );
    assert.deepEqual(
      found.map((complaint) => complaint.split(':')[0]),
      ['app/index.ts', 'app/string-utils.ts', 'app/Daemon.ts', 'app/all.ts', 'app/long.ts'],
    );
  });

  test('imports are found among what only looks like them', () => {
    const text = [
      "// import a from 'comment';",
      '/* import b from "block"; */',
      `const c = \`import d from 'template' \${f("x" + \`\${g}\`)} \`;`,
      String.raw`const h = /import i from 'regexp'\/["]/;`,
      'const j = k / l; export { m } from "real-1";',
      "export const from = 'no'; export type N = { readonly from: 'no' };",
      "import type { from } from 'real-2'; import 'real-3'; import * as o from \"real-4\";",
      "const p = import.meta.url; x.import('no'); require('real-5');",
      "export default function q(): string { return 'no'; }",
    ].join('\n');
    assert.deepEqual(readImports(text), ['real-1', 'real-2', 'real-3', 'real-4', 'real-5']);
  });
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

/** esbuild leaves them as they are, and a script of an executable has nobody who answers `import()`. */
function lateImportsOfNode(sources: Sources): readonly string[] {
  return [...sources].flatMap(([file, text]) => {
    const tokens = readTokens(text);
    return tokens.flatMap(({ text: name }, index) => {
      const isLate = tokens[index - 1]?.text === '(' && tokens[index - 2]?.text === 'import';
      return isLate && /^['"]?node:/.test(name) ? [`${file}: ${name}`] : [];
    });
  });
}

function impureNames(sources: Sources): readonly string[] {
  return [...sources].flatMap(([file, text]) => {
    if (placeOf(file).floor !== 'core') return [];
    const tokens = readTokens(text);
    return tokens.flatMap((token, index) => {
      if (token.kind !== 'word' || tokens[index - 1]?.text === '.') return [];
      const next = [1, 2].map((ahead) => tokens[index + ahead]?.text ?? '').join('');
      const isNow = token.text === 'Date' && (next === '.now' || next === '()');
      const isChance = token.text === 'Math' && next === '.random';
      const isName = IMPURE.has(token.text) && !next.startsWith(':');
      return isNow || isChance || isName ? [`${file}: ${token.text}${isName ? '' : next}`] : [];
    });
  });
}

/** The way by which a file loads a package when it is itself loaded; nothing where it does not. Types load nothing. */
function loadedWith(sources: Sources, file: string, wanted: string): readonly string[] {
  const before = new Map([[file, '']]);
  for (const [one] of before) {
    for (const name of readLoads(sources.get(one) ?? '')) {
      if (name === wanted) return trailTo(one, before);
      const next = name.startsWith('.') ? resolve(one, name) : '';
      if (sources.has(next) && !before.has(next)) before.set(next, one);
    }
  }
  return [];
}

function trailTo(file: string, before: ReadonlyMap<string, string>): readonly string[] {
  const trail = [file];
  for (let one = before.get(file); one !== undefined && one !== ''; one = before.get(one)) trail.unshift(one);
  return trail;
}

/** What a file's own import and export statements load; dynamic imports are for later. */
function readLoads(text: string): readonly string[] {
  const statements = text.matchAll(
    /^(?:import|export)\s+(?!type\b)(?:(\{[^}]*\}|[^'{]*?)\s*from\s+)?'([^']+)';/gm,
  );
  return [...statements].flatMap(([, names = '', name = '']) =>
    /^\{\s*(?:type\s[^,}]+,?\s*)+\}$/.test(names) ? [] : [name],
  );
}

/** The folders that do not begin a line of the map. */
function unnamedFolders(sources: Sources, map: string): readonly string[] {
  const lines = new Set(map.split('\n').map((line) => line.split(' ')[0]));
  const folders = new Set([...sources.keys()].map((file) => `src/${path.posix.dirname(file)}/`));
  return [...folders].filter((folder) => !lines.has(folder));
}

function wrongFiles(sources: Sources): readonly string[] {
  return [...sources].flatMap(([file, text]) => {
    const name = path.posix.basename(file);
    if (!KEBAB_CASE.test(name)) return [`${file}: not kebab-case.ts`];
    if (VAGUE_NAME.test(name)) return [`${file}: the name does not say what it holds`];
    if (isBarrel(text)) return [`${file}: only passes on what others hold`];
    return lengthOf(text) > MAX_LINES ? [`${file}: ${lengthOf(text)} lines`] : [];
  });
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
