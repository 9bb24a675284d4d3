import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { instant } from '../../src/core/net/time.ts';
import { addCredentials, removeUser, setUserOff } from '../../src/core/users/edit-users.ts';
import { parseUsers } from '../../src/core/users/parse-users.ts';
import { nodeCiphers } from '../../src/host/crypto/node-ciphers.ts';
import { seeded } from '../lab/seed.ts';
import { publicKeyLine } from '../unit/users/key-lines.ts';

type Written = {
  readonly name: string;
  readonly keys: number;
  readonly doors: readonly string[];
  readonly until: Date | undefined;
  readonly isOff: boolean;
  readonly comment: string;
};

const written: fc.Arbitrary<readonly Written[]> = fc.uniqueArray(
  fc.record({
    name: fc.stringMatching(/^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,31}$/),
    keys: fc.nat({ max: 3 }),
    doors: fc.uniqueArray(fc.constantFrom('ssh', 'web', 'a door')),
    until: fc.option(
      fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }).map((date) => {
        date.setUTCMilliseconds(0);
        return date;
      }),
      { nil: undefined },
    ),
    isOff: fc.boolean(),
    comment: fc.stringMatching(/^[ -~]{0,20}$/),
  }),
  { selector: ({ name }) => name, maxLength: 5 },
);

/** The file, its lines in any of the forms that people write. */
function render(users: readonly Written[], indent: string, end: string): string {
  let seed = 0;
  const lines = users.flatMap(({ name, keys, doors, until, isOff, comment }) => [
    `# ${comment}`,
    `[${name}]`,
    ...Array.from({ length: keys }, () => `${indent}Key=${publicKeyLine(++seed)} ${comment}`),
    ...(doors.length === 0 ? [] : [`${indent}doors = ${doors.join(' , ')}`]),
    ...(until === undefined ? [] : [`${indent}until = ${until.toISOString().replace('.000', '')}`]),
    ...(isOff ? [`${indent}OFF = yes`] : []),
    '',
  ]);
  return lines.join(end);
}

suite('generated users files', () => {
  const file = fc.tuple(written, fc.constantFrom('', '\t', '  '), fc.constantFrom('\n', '\r\n'));

  test('are read as they were meant', (t) => {
    fc.assert(
      fc.property(file, ([users, indent, end]) => {
        const result = parseUsers('u', new TextEncoder().encode(render(users, indent, end)), nodeCiphers);
        assert.equal(result.kind, 'ok', JSON.stringify(result));
        if (result.kind !== 'ok') return;
        assert.deepEqual(
          result.users.map(({ name, keys, doors = [], until, isOff = false }) => [
            name,
            keys.length,
            doors,
            until,
            isOff,
          ]),
          users.map(({ name, keys, doors, until, isOff }) => [
            name,
            keys,
            doors,
            until === undefined ? undefined : instant(until.getTime()),
            isOff,
          ]),
        );
      }),
      seeded(t),
    );
  });

  test('keep every line of the others when a user comes, is turned off and on, and goes', (t) => {
    fc.assert(
      fc.property(file, ([users, indent, end]) => {
        const before = new TextEncoder().encode(render(users, indent, end));
        const name = 'a-name-that-is-new-to-all-of-them';
        const added = addCredentials(before, name.slice(0, 32), [`key = ${publicKeyLine(99)}`], ['ssh']);
        const linesOf = (bytes: Uint8Array) =>
          new TextDecoder()
            .decode(bytes)
            .split('\n')
            .filter((line) => line.trim() !== '');
        const kept = linesOf(before);
        assert.deepEqual(linesOf(added).slice(0, kept.length), kept);
        const off = setUserOff(setUserOff(added, name.slice(0, 32), true), name.slice(0, 32), false);
        assert.deepEqual(linesOf(removeUser(off, name.slice(0, 32))), kept);
      }),
      seeded(t),
    );
  });
});
