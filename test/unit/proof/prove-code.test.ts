import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CurrentCodes } from '../../../src/core/code/current-codes.ts';
import { codeOf, stepAt } from '../../../src/core/code/totp.ts';
import { UsedCodes } from '../../../src/core/code/used-codes.ts';
import { instant } from '../../../src/core/net/time.ts';
import { codeWords, skewWords } from '../../../src/core/proof/code-words.ts';
import { type CodeSituation, proveCode } from '../../../src/core/proof/prove-code.ts';
import { codeOfSecret } from '../../../src/core/users/parse-code.ts';
import type { User } from '../../../src/core/users/user.ts';
import { nodeCiphers } from '../../../src/host/crypto/node-ciphers.ts';
import { address, codeDoor } from '../code/code-knocks.ts';

const NOW = 1_800_000_015_000;
const STEP = stepAt(instant(NOW));
const DOOR = codeDoor('ssh', [17, 23]);

function user(name: string, more: Partial<User> = {}): User {
  const secret = new Uint8Array(20).fill(name.charCodeAt(0));
  return { name, keys: [], spa: [], code: codeOfSecret(nodeCiphers, secret), ...more };
}

/** A door, and what has been used at it so far. */
class Fixture {
  readonly used = new UsedCodes({ floor: 0, used: [] });
  readonly #codes: CurrentCodes<User>;
  readonly #users: readonly User[];

  constructor(...users: readonly User[]) {
    this.#users = users;
    const secrets = users.map((owner) => ({ owner, secret: owner.code?.secret ?? new Uint8Array() }));
    this.#codes = new CurrentCodes<User>(nodeCiphers, secrets);
  }

  /** What comes of the user's code of a step from now. */
  knock(name: string, ahead = 0, more: Partial<CodeSituation> & { readonly source?: string } = {}): string {
    const { source = '192.0.2.7', ...rest } = more;
    const secret = this.#users.find((one) => one.name === name)?.code?.secret ?? new Uint8Array();
    const now = rest.now ?? instant(NOW);
    const code = Number(codeOf(nodeCiphers, secret, stepAt(now) + ahead));
    const judged = proveCode(this.#codes.find(code, stepAt(now)), {
      ...{ door: DOOR, from: address(source), now, used: this.used, start: now - 100 },
      ...{ isGuarded: false, hasTouchedSince: () => false },
      ...rest,
    });
    if (judged.kind !== 'wrong' && judged.use !== undefined) this.used.use(judged.use);
    return judged.kind === 'refused' ? judged.reason : judged.kind;
  }
}

describe('a code', () => {
  test('counts in its step and in those beside it, and not beyond', () => {
    for (const [ahead, expected] of [
      [-2, 'wrong'],
      [-1, 'open'],
      [0, 'open'],
      [1, 'open'],
      [2, 'wrong'],
    ] as const)
      assert.equal(new Fixture(user('alice')).knock('alice', ahead), expected, `${ahead}`);
  });

  test('opens once for a user and a door; the same source may knock it again', () => {
    const desk = new Fixture(user('alice'), user('bob'));
    assert.equal(desk.knock('alice'), 'open');
    assert.equal(desk.knock('alice'), 'open');
    assert.equal(desk.knock('alice', 0, { source: '192.0.2.8' }), 'used');
    assert.equal(desk.knock('alice', 0, { source: '2001:db8::7' }), 'used');
    assert.equal(desk.knock('alice', -1), 'used', 'none before it');
    assert.equal(desk.knock('alice', 1, { source: '192.0.2.8' }), 'open');
    assert.equal(desk.knock('bob', 0, { source: '192.0.2.8' }), 'open');
    assert.equal(desk.knock('alice', 0, { door: codeDoor('web', [11, 12]) }), 'open', 'of another door');
  });

  test('counts as known once it was knocked, whatever the result', () => {
    for (const more of [{ isGuarded: true }, { hasTouchedSince: () => true }] as const) {
      const desk = new Fixture(user('alice'));
      assert.notEqual(desk.knock('alice', 0, more), 'open');
      assert.equal(desk.knock('alice', 0, { source: '192.0.2.8' }), 'used');
    }
  });

  test('under guard: two of consecutive steps from one source, with no touch since the first', () => {
    const guarded = { isGuarded: true } as const;
    const desk = new Fixture(user('alice'));
    assert.equal(desk.knock('alice', -1, guarded), 'first');
    assert.equal(desk.knock('alice', -1, guarded), 'first', 'the same once more is not the next');
    assert.equal(desk.knock('alice', 0, guarded), 'open');
    assert.equal(desk.knock('alice', 0, guarded), 'open', 'who is in stays in');
    const skipped = new Fixture(user('alice'));
    assert.equal(skipped.knock('alice', -1, guarded), 'first');
    assert.equal(skipped.knock('alice', 1, guarded), 'first', 'one is missing between');
    const other = new Fixture(user('alice'));
    assert.equal(other.knock('alice', -1, { ...guarded, source: '192.0.2.8' }), 'first');
    assert.equal(other.knock('alice', 0, guarded), 'first', 'the first was of another source');
    const touched = new Fixture(user('alice'));
    assert.equal(touched.knock('alice', -1, guarded), 'first');
    const since = (time: number): boolean => time <= NOW;
    assert.notEqual(
      touched.knock('alice', 0, { ...guarded, start: NOW + 1, hasTouchedSince: since }),
      'open',
    );
    const two = new Fixture(user('alice'), user('bob'));
    assert.equal(two.knock('alice', -1, guarded), 'first');
    assert.equal(two.knock('bob', 0, guarded), 'first', 'the next one of somebody else is none');
  });

  test('of a user who is off, expired, or not allowed at the door or address', () => {
    const users = [
      user('a', { isOff: true }),
      user('b', { until: instant(NOW) }),
      user('c', { from: [{ base: address('198.51.100.0'), length: 24 }] }),
      user('d', { doors: ['web'] }),
    ];
    const desk = new Fixture(...users);
    assert.deepEqual(
      users.map(({ name }) => desk.knock(name)),
      ['off', 'expired', 'address', 'wrong'],
    );
    assert.equal(desk.knock('c', 0, { source: '198.51.100.9' }), 'used', 'the first source has shown it');
    assert.equal(desk.knock('c', 1, { source: '198.51.100.9' }), 'open');
    const closed = codeDoor('ssh', [17, 23], { users: ['bob'] });
    assert.equal(new Fixture(user('alice')).knock('alice', 0, { door: closed }), 'wrong');
  });

  test('two users with the same code of now: whose counts opens', () => {
    const twin = { ...user('alice'), name: 'zoe' };
    const desk = new Fixture({ ...user('alice'), isOff: true }, twin);
    assert.equal(desk.knock('alice'), 'open');
  });

  test('a clock that jumps brings no code to life', () => {
    const desk = new Fixture(user('alice'));
    assert.equal(desk.knock('alice', 0, { now: instant(NOW + 86_400_000) }), 'open');
    assert.equal(desk.knock('alice'), 'used');
    assert.equal(desk.knock('alice', 1), 'used');
    assert.equal(desk.knock('alice', 1, { now: instant(NOW + 86_400_000) }), 'open');
  });
});

describe('the words of a refusal', () => {
  const last = (step: number) => ({
    ...{ user: 'alice', door: 'ssh', step, source: address('192.0.2.7'), at: instant(NOW) },
  });
  const words = (step: number, used: number): string =>
    codeWords(
      { kind: 'refused', user: user('alice'), reason: 'used', step, last: last(used) },
      instant(NOW),
      STEP,
    ).reason;

  test('say by whom and when, and that the clock was set back', () => {
    assert.match(
      words(STEP, STEP),
      /^it was used already, by 192\.0\.2\.7 at \d\d:\d\d:\d\d: wait for the next one$/,
    );
    assert.match(words(STEP, STEP + 1), /^the code after it was used already, by 192\.0\.2\.7 at /);
    assert.match(words(STEP, STEP + 20), /the clock of this host was set back; `bussa user forgive alice`/);
  });

  test('say whose clock is wrong, and by how much', () => {
    for (const [steps, expected] of [
      [3, '90 s behind'],
      [7, '3 min 30 s behind'],
      [-4, '2 min ahead'],
    ] as const)
      assert.ok(skewWords('alice', steps, 30_000).reason.endsWith(`the app of alice is ${expected}`));
  });
});

describe('codes near now', () => {
  test('are found within 20 steps, of a user who is meant', () => {
    const [alice, bob] = [user('alice'), user('bob')];
    const secrets = [alice, bob].map((owner) => ({ owner, secret: owner.code?.secret ?? new Uint8Array() }));
    const codes = new CurrentCodes<User>(nodeCiphers, secrets);
    const codeAt = (step: number): number =>
      Number(codeOf(nodeCiphers, secrets[0]?.secret ?? new Uint8Array(), step));
    for (const off of [-20, -2, 2, 20]) {
      const found = codes.findSkewed(codeAt(STEP + off), STEP, () => true);
      assert.deepEqual([found?.owner.name, found?.step], ['alice', STEP + off]);
    }
    assert.equal(
      codes.findSkewed(codeAt(STEP + 21), STEP, () => true),
      undefined,
    );
    assert.equal(
      codes.findSkewed(codeAt(STEP + 2), STEP, ({ name }) => name === 'bob'),
      undefined,
    );
    assert.deepEqual(codes.find(codeAt(STEP + 2), STEP), []);
    assert.equal(codes.find(codeAt(3), 2)[0]?.step, 3, 'and at the beginning of time');
  });
});
