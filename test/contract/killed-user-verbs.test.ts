// kill -9 at each call of `bussa user` and `bussa key rotate` that changes a file: nothing is half-applied.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { loadAuthority } from '../../src/app/config/authority.ts';
import { readAuthority } from '../../src/app/users/authority-texts.ts';
import { Scratch } from '../lab/child-module.ts';
import { repeats } from '../lab/effort.ts';
import { BUSSA } from '../lab/knockd.ts';
import { publicKeyLine } from '../unit/users/key-lines.ts';

/** Calls by which a file is made, filled, put in its place or made durable; a `?` where some machines have it not. */
const CALLS = ['?mkdir', '?link', '?rename', '?unlink', 'fchmod', 'fsync'] as const;

/** No verb makes more of one of them. */
const MOST = 12;

const CONFIG = `[options]
  Users_File = PLACE/bussa/users.conf
  Server_Key = PLACE/bussa/server.key

[ssh]
  sequence = 7123,4234,5345
  tcpflags = syn
  open = tcp/22
  open_for = 10
`;

class Place implements Disposable {
  readonly path: string;

  constructor(scratch: Scratch, before?: Place) {
    this.path = mkdtempSync(path.join(scratch.path, 'place-'));
    if (before === undefined) {
      writeFileSync(this.config, CONFIG.replaceAll('PLACE', this.path), { mode: 0o600 });
      return;
    }
    cpSync(before.path, this.path, { recursive: true });
    const text = readFileSync(before.config, 'utf8').replaceAll(before.path, this.path);
    writeFileSync(this.config, text, { mode: 0o600 });
  }

  get config(): string {
    return path.join(this.path, 'knockd.conf');
  }

  /** The bytes of the three files. */
  get files(): readonly string[] {
    return ['knockd.conf', 'bussa/users.conf', 'bussa/server.key'].map((name) => {
      const file = path.join(this.path, name);
      return existsSync(file) ? readFileSync(file, 'utf8').replaceAll(this.path, 'PLACE') : '';
    });
  }

  run(verb: readonly string[], prefix: readonly string[] = []) {
    const [program = '', ...words] = [...prefix, ...BUSSA, ...verb];
    const options = ['-c', this.config, '--state', path.join(this.path, 'state')];
    return spawnSync(program, [...words, ...options], { encoding: 'utf8', timeout: 120_000 });
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

const VERBS: readonly (readonly [string, readonly string[]])[] = [
  ['add', ['user', 'add', 'alice', publicKeyLine(1)]],
  ['off', ['user', 'off', 'alice']],
  ['on', ['user', 'on', 'alice']],
  ['remove', ['user', 'remove', 'alice']],
  ['rotate', ['key', 'rotate']],
];

/** A new port or key is drawn each time. */
const plain = (files: readonly string[]): readonly string[] =>
  files.map((text, n) =>
    n === 2 ? text.replaceAll(/^[A-Za-z0-9+/=]{20,}$/gm, 'KEY') : text.replace(/(Signed_Port = )\d+/, '$1N'),
  );

const withoutTimes = (text: string): string => text.replaceAll(/# until \S+/g, '# until');

describe('kill -9 between any two writes', () => {
  test('of user add, off, on, remove and key rotate leaves each file whole, and the verb can be run again', (t) => {
    using scratch = new Scratch();
    let before = new Place(scratch);
    let killed = 0;
    // The others write as `off` does.
    const verbs = VERBS.slice(0, repeats('BUSSA_KILLED_VERBS', { quick: 2, full: VERBS.length }));
    for (const [name, verb] of verbs) {
      const after = new Place(scratch, before);
      const done = after.run(verb);
      assert.equal(done.status, 0, done.stderr);
      const [old, whole] = [plain(before.files), plain(after.files)];
      for (const call of CALLS) {
        for (let nth = 1; nth <= MOST; nth++) {
          using place = new Place(scratch, before);
          const inject = `inject=${call}:signal=KILL:when=${nth}`;
          const { signal, status } = place.run(verb, ['strace', '-qq', '-o', '/dev/null', '-e', inject]);
          // strace ends as its program did. The last call has been behind all of these.
          if (status === 0) break;
          assert.ok(signal === 'SIGKILL' || status === 137, `${name} ${call} ${nth}: ${status} ${signal}`);
          killed++;
          const what = `${name}, killed at ${call} ${nth}`;
          for (const [at, text] of plain(place.files).entries())
            assert.ok(
              [old[at], whole[at]].map((one) => withoutTimes(one ?? '')).includes(withoutTimes(text)),
              `${what}: ${text}`,
            );
          const texts = readAuthority(place.config, 'ports');
          assert.ok(texts.kind === 'texts', what);
          // What is in force at a start: nothing, or all of it.
          assert.notEqual(loadAuthority(texts.config, 'judged')?.kind, 'bad', what);
          if (name !== 'rotate') {
            const again = place.run(verb);
            const isGone = name === 'remove' && again.status === 1 && /there is no user/.test(again.stderr);
            assert.ok(again.status === 0 || isGone, `${what}: ${again.stderr}`);
            assert.deepEqual(plain(place.files), whole, what);
          }
        }
      }
      before = after;
    }
    t.diagnostic(`killed at ${killed} calls`);
    assert.ok(killed >= 10, `${killed}`);
  });
});

describe('a disk that is full', () => {
  test('at each file of user add: the verb says which and what to do, and does all of it when run again', () => {
    using scratch = new Scratch();
    const before = new Place(scratch);
    const verb = ['user', 'add', 'alice', publicKeyLine(1)];
    const said: string[] = [];
    for (let nth = 1; nth <= MOST; nth++) {
      using place = new Place(scratch, before);
      const inject = `inject=fsync:error=ENOSPC:when=${nth}`;
      const { status, stderr } = place.run(verb, ['strace', '-qq', '-o', '/dev/null', '-e', inject]);
      if (status === 0) break;
      assert.equal(status, 1, stderr);
      said.push(stderr.replaceAll(place.path, 'PLACE'));
      assert.equal(place.run(verb).status, 0);
    }
    const failed =
      /^bussa: fsync(?: on PLACE\/\S+)? failed: no space left on device \(ENOSPC\): make room on its disk/;
    assert.ok(said.length >= 3, `${said.length}`);
    for (const line of said) assert.match(line, failed);
    for (const file of ['bussa/server.key', 'bussa/users.conf', 'knockd.conf'])
      assert.ok(
        said.some((line) => line.startsWith(`bussa: fsync on PLACE/${file} failed`)),
        said.join(''),
      );
    assert.match(
      said.at(-1) ?? '',
      /then run this again \(already written: PLACE\/bussa\/server\.key, PLACE\/bussa\/users\.conf\)$/m,
    );
  });

  test('what cannot be read or written for another reason is said with its file and the remedy', () => {
    using scratch = new Scratch();
    using place = new Place(scratch);
    const key = path.join(place.path, 'bussa');
    assert.match(
      place.run(['user', 'add', 'alice', place.path]).stderr,
      /^bussa: read on \S+ failed: .* \(EISDIR\): /,
    );
    mkdirSync(key, { mode: 0o700 });
    symlinkSync('/nonexistent/users.conf', path.join(key, 'users.conf'));
    const { stderr } = place.run(['user', 'add', 'alice', publicKeyLine(1)]);
    assert.match(
      stderr,
      /users\.conf is a link to nothing: make the file that it leads to, or remove the link, then run this again \(already written: /,
    );
  });
});
