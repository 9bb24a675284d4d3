import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readStart, recordStart } from '../../src/app/state/last-start.ts';
import { AlreadyRunningError, openState, type State, stateName } from '../../src/app/state/open-state.ts';
import type { Event } from '../../src/core/event/event.ts';
import type { LeaseId } from '../../src/core/lease/lease.ts';
import { instant, millis } from '../../src/core/net/time.ts';
import type { StoredLease } from '../../src/host/store/lease-store.ts';
import { openSqliteLeaseStore } from '../../src/host/store/sqlite-lease-store.ts';
import { moduleOf, Scratch, startModule } from '../lab/child-module.ts';
import { HandClock, SOURCE } from './keeper-fixture.ts';

const lease = (id: string): StoredLease => ({
  id: id as LeaseId,
  door: 'door',
  source: SOURCE,
  stop: 'true',
  since: instant(0),
  sinceWall: instant(0),
  due: instant(1),
  dueWall: instant(1),
  length: millis(1),
  bootId: 'boot',
});

const clock = new HandClock();

const open = (directory: string, report: (event: Event) => void = never, name = 'name'): State =>
  openState(directory, name, { clock, report, isItsStop: ({ stop }) => stop === 'true' });

const never = (event: Event): never => assert.fail(JSON.stringify(event));

describe('the name of a state', () => {
  test('is that of the file itself, by whatever link it is given', () => {
    using scratch = new Scratch();
    writeFileSync(scratch.file('knockd.conf'), '');
    symlinkSync(scratch.file('knockd.conf'), scratch.file('link.conf'));
    assert.equal(
      stateName(scratch.file('link.conf'), undefined),
      stateName(scratch.file('knockd.conf'), undefined),
    );
  });

  const cases: readonly (readonly [string, string | undefined, string])[] = [
    ['/etc/knockd.conf', undefined, 'etc-knockd.conf'],
    ['/etc/knockd.conf', 'eth0,wlan0', 'etc-knockd.conf@eth0,wlan0'],
    ['/srv/a b/../ü/knockd.conf', 'any', 'srv-knockd.conf@any'],
  ];
  for (const [file, interfaces, name] of cases) {
    test(`${file} ${interfaces ?? ''}`, () => assert.equal(stateName(file, interfaces), name));
  }

  test('a relative path is one place, and never the parent of the directory', () => {
    assert.equal(
      stateName('knockd.conf', undefined),
      stateName(join(process.cwd(), 'knockd.conf'), undefined),
    );
    for (const file of ['.', '..', '../..', '/..'])
      assert.doesNotMatch(stateName(file, undefined), /^\.{1,2}$/);
  });
});

describe('the state of a daemon', () => {
  test('a FIFO in the place of one of its files holds up no start', () => {
    for (const name of ['pid', 'started-with.json']) {
      using scratch = new Scratch();
      mkdirSync(scratch.file('name'), { mode: 0o700 });
      execFileSync('mkfifo', [join(scratch.file('name'), name)]);
      const state = open(scratch.path);
      assert.equal(readStart(scratch.file('name')), undefined);
      const options = { configFile: '/etc/knockd.conf', stateDirectory: scratch.path } as never;
      try {
        recordStart(scratch.file('name'), options, instant(0));
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ENXIO');
      }
      state.store.close();
    }
  });

  test('is created readable by its owner alone, and holds what is recorded', () => {
    using scratch = new Scratch();
    const first = open(scratch.file('deep/state'));
    first.store.record(lease('a'));
    first.store.close();
    assert.equal(statSync(scratch.file('deep/state/name')).mode & 0o777, 0o700);
    const second = open(scratch.file('deep/state'));
    assert.deepEqual(second.store.all(), [lease('a')]);
    second.store.close();
  });

  test('claims of leases that are no more are swept out, the others stay', () => {
    using scratch = new Scratch();
    const { store, claims } = open(scratch.path);
    store.record(lease('kept'));
    for (const id of ['kept', 'gone'] as LeaseId[]) {
      writeFileSync(claims.start(id), '1\ndone\n');
      writeFileSync(claims.stop(id), '');
    }
    store.close();
    open(scratch.path).store.close();
    assert.deepEqual(readdirSync(scratch.file('name/claims')).sort(), ['kept.start', 'kept.stop']);
  });

  test('another daemon has it: an error with its number; a state of another name is free', async () => {
    using scratch = new Scratch();
    await using holder = startModule(
      `import { openState } from '${moduleOf('app/state/open-state.ts')}';
       const report = (event) => console.log(JSON.stringify(event));
       const clock = { wall: Date.now };
       const state = openState(process.argv[1], 'name', { clock, report, isItsStop: () => true });
       console.log('holds', state.store.all().length);
       setInterval(() => undefined, 1000);`,
      scratch.path,
    );
    await holder.saw(/holds 0/);
    assert.throws(
      () => open(scratch.path),
      (error) => {
        assert.ok(error instanceof AlreadyRunningError);
        assert.match(
          error.message,
          new RegExp(`^process ${holder.pid} already runs with .*: stop it first, or `),
        );
        return true;
      },
    );
    open(scratch.path, never, 'other').store.close();
    await holder.stop('SIGKILL');
    open(scratch.path).store.close();
  });
});

test('another daemon has it, whose database cannot be opened: it is found all the same', async () => {
  using scratch = new Scratch();
  mkdirSync(scratch.file('name/leases.db'), { recursive: true, mode: 0o700 });
  await using holder = startModule(
    `import { openState } from '${moduleOf('app/state/open-state.ts')}';
     const report = (event) => console.log(event.text);
     openState(process.argv[1], 'name', { clock: { wall: Date.now }, report, isItsStop: () => true });
     console.log('runs');
     setInterval(() => undefined, 1000);`,
    scratch.path,
  );
  await holder.saw(/cannot open.*\nruns$/m);
  assert.throws(() => open(scratch.path), AlreadyRunningError);
  await holder.stop('SIGKILL');
  const events: Event[] = [];
  const state = open(scratch.path, (event) => events.push(event));
  assert.equal(state.store.isOpen, false);
  assert.equal(events.length, 1);
  // What another one has taken in the meantime is not taken from it.
  state.store.close();
  open(scratch.path, () => undefined).store.close();
});

/** What makes a state directory unusable, and what is said about it. */
const OBSTACLES: readonly (readonly [string, (own: string) => void, RegExp])[] = [
  ['a file in its place', (own) => writeFileSync(own, ''), /EEXIST|ENOTDIR/],
  ['a link to nowhere', (own) => symlinkSync('/no/such', own), /ENOENT|EEXIST/],
  [
    "another user's directory",
    (own) => {
      mkdirSync(own);
      chownSync(own, 65534, 65534);
    },
    /belongs to another user .* chown and chmod 700/,
  ],
  [
    'a directory that all may write',
    (own) => {
      mkdirSync(own);
      chmodSync(own, 0o777);
    },
    /may be written by others/,
  ],
  [
    'a file in the place of the claims',
    (own) => {
      mkdirSync(own, { mode: 0o700 });
      writeFileSync(join(own, 'claims'), '');
    },
    /EEXIST/,
  ],
];

describe('a state that cannot be used', () => {
  for (const [name, make, reason] of OBSTACLES) {
    test(`${name}: said once, nothing can be recorded, and no lock is kept`, () => {
      using scratch = new Scratch();
      const own = scratch.file('name');
      make(own);
      const events: Event[] = [];
      const { store } = open(scratch.path, (event) => void events.push(event));
      assert.equal(events.length, 1);
      const [event] = events;
      assert.ok(event?.kind === 'error');
      assert.match(event.text, reason);
      assert.match(event.text, /doors that run commands stay shut until this is solved/);
      assert.throws(() => store.record(lease('a')), { name: 'StoreError', message: reason });
      assert.deepEqual(store.all(), []);
      store.close();
      if (existsSync(join(own, 'claims'))) openSqliteLeaseStore(join(own, 'leases.db')).close();
    });
  }
});
