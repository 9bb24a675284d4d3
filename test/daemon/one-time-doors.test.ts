import assert from 'node:assert/strict';
import { chmodSync, chownSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { OneTimeDoors, useUpSequence } from '../../src/app/config/one-time-doors.ts';
import { parseConfig } from '../../src/core/config/file/parse-config.ts';
import type { Door, DoorSpec } from '../../src/core/door/door.ts';
import { renderSequence } from '../../src/core/door/sequence.ts';
import type { Event } from '../../src/core/event/event.ts';
import { inPrivateMounts, moduleOf, Scratch } from '../lab/child-module.ts';

function specOf(path: string): DoorSpec {
  const text = `[door]\none_time_sequences = ${path}\n`;
  const result = parseConfig('test', new TextEncoder().encode(text));
  assert.ok(result.kind === 'ok');
  return result.config.doors[0] as DoorSpec;
}

function watched(path: string): { door: Door | undefined; events: Event[] } {
  const events: Event[] = [];
  const [door] = new OneTimeDoors((event) => events.push(event)).watchable([specOf(path)]);
  return { door, events };
}

function withFile(text: string): { scratch: Scratch; path: string } {
  const scratch = new Scratch();
  const path = scratch.file('sequences');
  writeFileSync(path, text, { mode: 0o600 });
  return { scratch, path };
}

describe('a door with one-time sequences', () => {
  test('each sequence opens once, in order, and then the door is shut with a line in the log', () => {
    const { scratch, path } = withFile('# mine\n 7000,8000\n\n9000:udp # last\n');
    using _ = scratch;
    const first = watched(path).door as Door;
    assert.equal(renderSequence(first.sequence), '7000:tcp,8000:tcp');
    useUpSequence(first);
    assert.equal(readFileSync(path, 'utf8'), '# mine\n#7000,8000\n\n9000:udp # last\n');
    const second = watched(path).door as Door;
    assert.equal(renderSequence(second.sequence), '9000:udp');
    useUpSequence(second);
    assert.equal(readFileSync(path, 'utf8'), '# mine\n#7000,8000\n\n#9000:udp # last\n');
    assert.deepEqual(watched(path), {
      door: undefined,
      events: [{ kind: 'no-sequences-left', door: 'door', file: path }],
    });
  });

  test('owner and mode of the file stay, and nothing is left beside it', () => {
    const { scratch, path } = withFile('7000\n');
    using _ = scratch;
    chownSync(path, 0, 4321);
    chmodSync(path, 0o640);
    useUpSequence(watched(path).door as Door);
    const { uid, gid, mode } = statSync(path);
    assert.deepEqual([uid, gid, mode & 0o7777], [0, 4321, 0o640]);
  });

  for (const [name, text] of [
    ['another sequence stands in front', '1000\n7000\n'],
    ['it has been taken out', '8000\n'],
    ['it has been commented out', '#7000\n'],
    ['it has been emptied', ''],
  ] as const) {
    test(`edited by hand in the meantime, ${name}: it does not open, and the file is left alone`, () => {
      const { scratch, path } = withFile('7000\n');
      using _ = scratch;
      const door = watched(path).door as Door;
      writeFileSync(path, text);
      assert.throws(() => useUpSequence(door), /has changed since it was read/);
      assert.equal(readFileSync(path, 'utf8'), text);
    });
  }

  test('taken away in the meantime: it does not open', () => {
    const { scratch, path } = withFile('7000\n');
    using _ = scratch;
    const door = watched(path).door as Door;
    rmSync(path);
    assert.throws(() => useUpSequence(door), /ENOENT/);
    const { door: next, events } = watched(path);
    assert.equal(next, undefined);
    assert.match(JSON.stringify(events), /cannot be read: ENOENT.*the door stays shut/);
  });

  test('lines that are no sequences are passed over with a warning each', () => {
    const { scratch, path } = withFile('seven\n7000,,8000\n7000\n');
    using _ = scratch;
    const { door, events } = watched(path);
    assert.equal(door && renderSequence(door.sequence), '7000:tcp');
    assert.deepEqual(
      events.map((event) => event.kind),
      ['warning', 'warning'],
    );
  });

  test('empty from the start', () => {
    const { scratch, path } = withFile('');
    using _ = scratch;
    assert.deepEqual(
      watched(path).events.map((event) => event.kind),
      ['no-sequences-left'],
    );
  });

  const use = `
    import { OneTimeDoors, useUpSequence } from '${moduleOf('app/config/one-time-doors.ts')}';
    const [, path] = process.argv;
    const spec = { name: 'door', sequenceSource: { kind: 'one-time', path } };
    const [door] = new OneTimeDoors(console.log).watchable([spec]);
    try { useUpSequence(door); console.log('used up'); } catch (error) { console.log(error.message); }`;
  const mounts: readonly (readonly [string, string, string, RegExp])[] = [
    [
      'the file alone may be written, its directory not: marked in place',
      'mount --bind "$0" "$0" && mount --bind "$1" "$1" && mount -o remount,bind,ro "$0"',
      '#000,8000\n9000\n',
      /^used up\n$/,
    ],
    [
      'the file itself is mounted, as into a container: marked in place',
      'mount --bind "$1" "$1"',
      '#000,8000\n9000\n',
      /^used up\n$/,
    ],
    [
      'nothing may be written: it does not open',
      'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0"',
      '7000,8000\n9000\n',
      /^EROFS/,
    ],
  ];
  for (const [name, mount, after, output] of mounts) {
    test(name, async () => {
      const { scratch, path } = withFile('7000,8000\n9000\n');
      using _ = scratch;
      await using child = inPrivateMounts(
        `${mount} && shift && exec "$@"`,
        scratch.path,
        path,
        process.execPath,
        '--input-type=module',
        '--eval',
        use,
        path,
      );
      await child.exited;
      assert.match(child.output, output);
      assert.equal(readFileSync(path, 'utf8'), after);
    });
  }
});
