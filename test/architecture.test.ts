// The house as a test: who may import whom, and what the floors may not name. docs/architecture.md draws it.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { suite, test } from 'node:test';
import { isBarrel, readImports, readTokens } from './source-scanner.ts';

/** From the top down: a floor imports itself and those after it. */
const FLOORS = ['cli', 'app', 'host', 'core'];

/** What a folder of the pure floor may import beside itself. */
const CORE: Readonly<Record<string, readonly string[]>> = {
  net: [],
  bytes: [],
  cipher: [],
  ssh: ['bytes', 'cipher', 'net'],
  signed: ['bytes', 'cipher', 'net', 'ssh'],
  code: ['cipher', 'net'],
  spa: ['bytes', 'cipher', 'net'],
  packet: ['net'],
  door: ['net'],
  config: ['door', 'net'],
  client: ['config', 'door', 'net'],
  doctor: ['door', 'net'],
  tripwire: ['door', 'net'],
  attempt: ['door', 'net', 'packet', 'tripwire'],
  lease: ['door', 'net', 'attempt'],
  filter: ['door', 'net', 'tripwire'],
  firewall: ['door', 'net'],
  iptables: ['door', 'net'],
  nft: ['door', 'net'],
  ban: ['attempt', 'net'],
  origin: ['ban', 'net'],
  trace: ['attempt', 'door', 'lease', 'net', 'origin', 'packet'],
  qr: [],
  event: ['attempt', 'config', 'door', 'lease', 'net', 'packet'],
};

/** What a folder of the system's floor may import beside itself and `core`: each stands alone on native calls. */
const HOST: Readonly<Record<string, readonly string[]>> = {
  ffi: [],
  capture: ['ffi'],
  clock: ['ffi'],
  connections: ['ffi', 'netlink'],
  control: [],
  crypto: [],
  firewall: ['ffi', 'netlink'],
  log: ['ffi'],
  netlink: ['ffi'],
  network: ['ffi'],
  process: ['ffi'],
  ssh: [],
  store: ['ffi'],
  system: ['ffi', 'netlink'],
};

/** Names by which time, chance, the outside or a later turn of the loop would enter the pure floor. */
const IMPURE = new Set(
  'async await Promise process globalThis performance crypto console fetch setTimeout setInterval setImmediate queueMicrotask'.split(
    ' ',
  ),
);

/** Tells the version; read where options are. */
const VERSION_FILE = '../../package.json';

const MAX_LINES = 300;
const KEBAB_CASE = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test)?\.ts$/;
const VAGUE_NAME = /^index\.ts$|(?:^|-)(?:utils?|helpers?|common|misc)\.ts$/;

/** Path below `src`, with `/`, to the file's text. */
type Sources = ReadonlyMap<string, string>;

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
  test('the core is pure and synchronous', () => assert.deepEqual(impureNames(sources), []));
  test('no cycles', () => assert.deepEqual(cycles(sources), []));
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
    ['core/door/door.ts', "type A = import('../../app/daemon.ts').Daemon;", 'core may not import app'],
    ['core/cellar/a.ts', '', 'core/cellar is not in the table'],
    ['host/log/sink.ts', "import koffi from 'koffi';", 'host/log may not import koffi'],
    ['host/log/sink.ts', "import a, { b } from '../store/store.ts';", 'host/log may not import host/store'],
    ['host/log/sink.ts', "const m = await import('../../app/daemon.ts');", 'host may not import app'],
    ['app/daemon.ts', "import { createRequire as r } from 'left-pad';", 'app may not import left-pad'],
    ['app/daemon.ts', "import {\n  a,\n  type B,\n} from '../cli/knockd.ts';", 'app may not import cli'],
    ['app/daemon.ts', "import '../host/log/sink';", 'has no .ts extension'],
    ['stray.ts', '', 'stray.ts is on no floor'],
  ];
  for (const [file, text, expected] of complaints) {
    test(`${file}: ${expected}`, () => {
      const found = wrongImports(new Map([[file, text]]));
      assert.equal(found.length, 1, found.join('\n'));
      assert.ok(found[0]?.includes(expected), String(found[0]));
    });
  }

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

function readSources(): Sources {
  const files = globSync('src/**/*.*', { cwd: root }).sort();
  return new Map(
    files.map((file) => [file.slice('src/'.length), readFileSync(path.join(root, file), 'utf8')]),
  );
}

function wrongImports(sources: Sources): readonly string[] {
  return [...sources].flatMap(([file, text]) => {
    const place = placeOf(file);
    if (!FLOORS.includes(place.floor)) return [`${file} is on no floor`];
    if (tableOf(place.floor) !== undefined && allowedBeside(place) === undefined) {
      return [`${file}: ${place.floor}/${place.folder} is not in the table`];
    }
    return readImports(text).flatMap((name) => {
      const complaint = name.startsWith('.') ? wrongFile(file, name) : wrongPackage(place, name);
      return complaint === undefined ? [] : [`${file}: ${complaint}`];
    });
  });
}

function wrongFile(file: string, name: string): string | undefined {
  if (name === VERSION_FILE && file.startsWith('cli/')) return undefined;
  if (!name.endsWith('.ts')) return `${name} has no .ts extension`;
  const from = placeOf(file);
  const to = placeOf(resolve(file, name));
  if (from.floor !== to.floor) {
    const isBelow = FLOORS.indexOf(to.floor) > FLOORS.indexOf(from.floor);
    return isBelow ? undefined : `${from.floor} may not import ${to.floor}`;
  }
  const allowed = allowedBeside(from);
  if (allowed === undefined || to.folder === from.folder || allowed.includes(to.folder)) return undefined;
  return `${from.floor}/${from.folder} may not import ${to.floor}/${to.folder}`;
}

function wrongPackage({ floor, folder }: Place, name: string): string | undefined {
  if (name.startsWith('node:')) return floor === 'core' ? `core may not import ${name}` : undefined;
  if (name === 'koffi' && floor === 'host' && folder === 'ffi') return undefined;
  return `${floor === 'host' ? `host/${folder}` : floor} may not import ${name}`;
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

/** Each cycle once, from the file where the walk enters it. */
function cycles(sources: Sources): readonly string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, trail: readonly string[]): void => {
    const seenAt = trail.indexOf(file);
    if (seenAt >= 0) found.push([...trail.slice(seenAt), file].join(' → '));
    if (seenAt >= 0 || done.has(file)) return;
    const names = readImports(sources.get(file) ?? '').filter((name) => name.startsWith('.'));
    for (const name of names) walk(resolve(file, name), [...trail, file]);
    done.add(file);
  };
  for (const file of sources.keys()) walk(file, []);
  return found;
}

function wrongFiles(sources: Sources): readonly string[] {
  return [...sources].flatMap(([file, text]) => {
    const name = path.posix.basename(file);
    const lines = text.split('\n').length - 1;
    if (!KEBAB_CASE.test(name)) return [`${file}: not kebab-case.ts`];
    if (VAGUE_NAME.test(name)) return [`${file}: the name does not say what it holds`];
    if (isBarrel(text)) return [`${file}: only passes on what others hold`];
    return lines > MAX_LINES ? [`${file}: ${lines} lines`] : [];
  });
}

type Place = { readonly floor: string; readonly folder: string };

function placeOf(file: string): Place {
  const parts = file.split('/');
  return { floor: parts[0] ?? '', folder: parts.length > 2 ? (parts[1] ?? '') : '' };
}

function tableOf(floor: string): Readonly<Record<string, readonly string[]>> | undefined {
  return floor === 'core' ? CORE : floor === 'host' ? HOST : undefined;
}

function allowedBeside({ floor, folder }: Place): readonly string[] | undefined {
  return tableOf(floor)?.[folder];
}

function resolve(file: string, name: string): string {
  return path.posix.join(path.posix.dirname(file), name);
}
