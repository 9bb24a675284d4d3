// Modes × owners × kinds of a configuration and of what leads to it, drawn at random. The judge beside ours is the
// kernel: two users without rights try to read the file, to write it, and to put another one in its place.

import assert from 'node:assert/strict';
import { chmodSync, chownSync, lchownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { check } from '../../src/app/config/check.ts';
import { loadConfig } from '../../src/app/config/load-config.ts';
import { OneTimeDoors } from '../../src/app/config/one-time-doors.ts';
import type { DoorSpec } from '../../src/core/door/door.ts';
import { Scratch, startModule } from '../lab/child-module.ts';
import { draw, seededRandom } from '../lab/seeded-random.ts';

const CASES = 400;
const NOBODY = 65_534;
const STRANGER = 12_345;
const needsRoot = { skip: process.getuid?.() !== 0 && 'needs root' };

/** How a user without rights gets on: what he can read, and what he can bring his own text into, by their numbers. */
type Reach = { readonly read: readonly number[]; readonly changed: readonly number[] };

type Case = {
  readonly what: string;
  /** The path that the daemon is given. */
  readonly path: string;
  readonly file: string;
  readonly link?: string;
  readonly directories: readonly string[];
};

const AS_USER = `
  import { chmodSync, closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
  const [, id, list] = process.argv;
  const cases = JSON.parse(readFileSync(list, 'utf8'));
  process.setgroups([]);
  process.setgid(Number(id));
  process.setuid(Number(id));
  const can = (action) => { try { action(); return true; } catch { return false; } };
  const opens = (path, how) => can(() => closeSync(openSync(path, how)));
  const owns = (path) => can(() => chmodSync(path, statSync(path).mode & 0o7777));
  const moves = (path) => can(() => { renameSync(path, path + '.away'); renameSync(path + '.away', path); });
  const reach = { read: [], changed: [] };
  for (const [n, { path, file, link, directories }] of cases.entries()) {
    if (opens(path, 'r')) reach.read.push(n);
    const entries = [file, ...directories, ...(link === undefined ? [] : [link])];
    if (opens(path, 'a') || [file, ...directories].some(owns) || entries.some(moves)) reach.changed.push(n);
  }
  console.log(JSON.stringify(reach));`;

async function reachOf(id: number, list: string): Promise<Reach> {
  await using child = startModule(AS_USER, String(id), list);
  const { code } = await child.exited;
  assert.equal(code, 0, child.output);
  return JSON.parse(child.output);
}

/** One of many things that can lead to a configuration: most of it in order, so that each fault is met alone too. */
function build(root: string, text: string, random: () => number): Case {
  const maybe = <T>(good: T, ...bad: readonly [T, ...(readonly T[])]): T =>
    random() < 0.8 ? good : draw(random, bad);
  const notes: string[] = [];
  const own = (path: string, mode: number): void => {
    const [uid, gid] = [maybe(0, NOBODY), maybe(0, NOBODY)];
    chownSync(path, uid, gid);
    chmodSync(path, mode);
    notes.push(`${path.slice(root.length)} ${uid}:${gid} ${mode.toString(8)}`);
  };
  const directory = (path: string): string => {
    mkdirSync(path);
    own(path, maybe(0o755, 0o711, 0o775, 0o777, 0o757, 0o1777, 0o1775));
    return path;
  };
  mkdirSync(root);
  chmodSync(root, 0o755);
  const outer = directory(`${root}/outer`);
  const inner = directory(`${outer}/inner`);
  const file = `${inner}/c`;
  writeFileSync(file, text);
  own(file, draw(random, [0o600, 0o640, 0o644, 0o644, 0o660, 0o664, 0o602, 0o666, 0o604, 0o444]));
  const directories = [outer, inner];
  if (random() < 0.6) return { what: notes.join(', '), path: file, file, directories };
  const links = directory(`${root}/links`);
  const link = `${links}/link`;
  const [target, path] = draw(random, [
    [file, link],
    ['../outer/inner/c', link],
    ['../outer/inner', `${link}/c`],
  ] as const);
  symlinkSync(target, link);
  const uid = maybe(0, NOBODY);
  lchownSync(link, uid, uid);
  notes.push(`link ${uid} to ${target}`);
  return { what: notes.join(', '), path, file, link, directories: [...directories, links] };
}

test(
  'refused is what others can change, warned of what all can read, taken the rest',
  needsRoot,
  async (t) => {
    using scratch = new Scratch();
    chmodSync(scratch.path, 0o755);
    const random = seededRandom(t);
    const text = '[door]\nsequence = 7000\n';
    const cases = Array.from({ length: CASES }, (_, n) => build(scratch.file(`${n}`), text, random));
    const list = scratch.file('list');
    writeFileSync(list, JSON.stringify(cases));
    // Our own judge looks first: the others move things, and put them back.
    const verdicts = cases.map(({ path }) => {
      const loaded = loadConfig(path);
      assert.equal(check(path).kind === 'good', loaded.kind === 'ok', 'the daemon and `check` agree');
      if (loaded.kind === 'bad') return 'refused';
      const isWarned = loaded.warnings.some(({ id }) => id === 'readable-by-all');
      assert.equal(
        check(path).diagnostics.some(({ id }) => id === 'readable-by-all'),
        isWarned,
      );
      return isWarned ? 'warned' : 'taken';
    });
    const member = await reachOf(NOBODY, list);
    const stranger = await reachOf(STRANGER, list);
    const changed = new Set([...member.changed, ...stranger.changed]);
    const read = new Set(stranger.read);
    const truth = cases.map((_, n) => (changed.has(n) ? 'refused' : read.has(n) ? 'warned' : 'taken'));
    for (const [n, { what, path }] of cases.entries())
      assert.equal(verdicts[n], truth[n], `${path}: ${what}`);
    for (const kind of ['refused', 'warned', 'taken'] as const) assert.ok(truth.includes(kind), kind);
  },
);

test('the same as one-time sequences: what others can change shuts its door alone', needsRoot, async (t) => {
  using scratch = new Scratch();
  chmodSync(scratch.path, 0o755);
  const random = seededRandom(t, 1);
  const cases = Array.from({ length: CASES }, (_, n) => build(scratch.file(`${n}`), '7000,8000\n', random));
  const list = scratch.file('list');
  writeFileSync(list, JSON.stringify(cases));
  const doors = cases.map(({ path }, n) => `[d${n}]\none_time_sequences = ${path}\n`);
  const config = scratch.file('c');
  writeFileSync(config, `[other]\nsequence = 1000,2000,3000\n${doors.join('')}`, { mode: 0o600 });
  const loaded = loadConfig(config);
  assert.ok(loaded.kind === 'ok');
  const lines: string[] = [];
  const oneTime = new OneTimeDoors((event) => lines.push(JSON.stringify(event)));
  const open = new Set(oneTime.watchable(loaded.config.doors).map(({ name }) => name));
  assert.ok(open.has('other'));
  const told = check(config).diagnostics.filter(({ id }) => id === 'one-time-unusable');
  const changed = new Set([
    ...(await reachOf(NOBODY, list)).changed,
    ...(await reachOf(STRANGER, list)).changed,
  ]);
  for (const [n, { what, path }] of cases.entries()) {
    assert.equal(open.has(`d${n}`), !changed.has(n), `${path}: ${what}`);
    assert.equal(
      told.some(({ place }) => place.file === path),
      changed.has(n),
      what,
    );
    if (!changed.has(n)) continue;
    assert.match(oneTime.whyShut(`d${n}`), /cannot be used: .*(?:chmod|chown) /);
    assert.ok(
      lines.some((line) => line.includes(`d${n}: the one-time sequences`)),
      what,
    );
  }
});

test('a one-time file that is missing, a directory, empty, or no sequences shuts its own door alone', () => {
  using scratch = new Scratch();
  mkdirSync(scratch.file('directory'));
  writeFileSync(scratch.file('empty'), '', { mode: 0o600 });
  writeFileSync(scratch.file('used'), '#7000,8000\n', { mode: 0o600 });
  writeFileSync(scratch.file('words'), `${'seven\n'.repeat(1000)}`, { mode: 0o600 });
  const bytes = Uint8Array.from({ length: 10_000 }, (_, n) => (n * 7919) % 251);
  writeFileSync(scratch.file('binary'), bytes, { mode: 0o600 });
  writeFileSync(scratch.file('good'), '# caf\xe9\nseven\n7000,8000\n', { mode: 0o600, encoding: 'latin1' });
  const names = ['missing', 'directory', 'empty', 'used', 'words', 'binary', 'good'] as const;
  const config = scratch.file('c');
  const doors = names.map((name) => `[${name}]\none_time_sequences = ${scratch.file(name)}\n`);
  writeFileSync(config, `[other]\nsequence = 1000,2000\n${doors.join('')}`, { mode: 0o600 });
  const loaded = loadConfig(config);
  assert.ok(loaded.kind === 'ok');
  const lines: string[] = [];
  const oneTime = new OneTimeDoors((event) => lines.push(JSON.stringify(event)));
  const open = oneTime.watchable(loaded.config.doors).map(({ name }: DoorSpec) => name);
  assert.deepEqual(open, ['other', 'good']);
  assert.match(oneTime.whyShut('missing'), /cannot be used: ENOENT/);
  assert.match(oneTime.whyShut('directory'), /cannot be used: EISDIR/);
  for (const name of ['empty', 'used', 'words', 'binary'])
    assert.equal(oneTime.whyShut(name), 'its one-time sequences are used up');
  assert.ok(lines.length < 60, 'a file that is something else does not fill the log');
  const before = lines.length;
  oneTime.watchable(loaded.config.doors);
  const again = lines.slice(before).filter((line) => line.includes('"warning"'));
  assert.deepEqual(again, [], 'lines that were told of are not told of with each sequence that is used');
  const verdict = check(config);
  assert.equal(verdict.kind, 'good');
  for (const name of names) {
    const isTold = verdict.diagnostics.some(
      ({ id, place }) =>
        place.file === scratch.file(name) && (id === 'one-time-unusable' || id === 'no-sequences-left'),
    );
    assert.equal(isTold, name !== 'good', name);
  }
});
