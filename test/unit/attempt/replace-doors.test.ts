import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Door } from '../../../src/core/door/door.ts';
import { millis } from '../../../src/core/net/time.ts';
import { address, door, TestEngine } from './knocks.ts';

const SSH = door('ssh', '7000,8000,9000');
const WEB = door('web', '5000,6000,7000');

const WEB_KNOCKER = '10.0.0.2';

const names = (engine: TestEngine): (string | undefined)[] => engine.engine.doors.map((one) => one?.name);

/** Both doors are at stage 2, and then there are others. */
function replaced(doors: readonly Door[]): TestEngine {
  const engine = new TestEngine([SSH, WEB]);
  engine.offerAll('7000,8000', 10);
  engine.offerAll('5000,6000', 20, { from: WEB_KNOCKER });
  assert.equal(engine.engine.pending, 2);
  engine.engine.replaceDoors(doors);
  return engine;
}

describe('when the doors are replaced', () => {
  test('attempts at unchanged doors go on', () => {
    const engine = replaced([SSH, WEB]);
    assert.equal(engine.offer({ port: 9000, at: 30 }).at(-1), '10.0.0.1 ssh completed 3');
    assert.equal(
      engine.offer({ port: 7000, at: 31, from: WEB_KNOCKER }).includes('10.0.0.2 web completed 3'),
      true,
    );
  });

  test('in another order, they go on too', () => {
    const engine = replaced([door('new', '1,2'), WEB, SSH]);
    assert.equal(engine.offer({ port: 9000, at: 30 }).at(-1), '10.0.0.1 ssh completed 3');
  });

  test('a door whose command alone has changed goes on, and completes with the new command', () => {
    const changed: Door = { ...SSH, opening: { ...SSH.opening, cmdTimeout: millis(99) } };
    const engine = replaced([changed]);
    engine.offer({ port: 9000, at: 30 });
    assert.equal(engine.completions[0]?.door, changed);
  });

  const changes: readonly (readonly [string, Door])[] = [
    ['its sequence', door('ssh', '7000,8000,9001')],
    ['the protocol of a step', door('ssh', '7000,8000,9000:udp')],
    ['its time', door('ssh', '7000,8000,9000', { timeout: 5001 })],
    ['its flags', door('ssh', '7000,8000,9000', { flags: { mask: 2, value: 2 } })],
    ['its target', door('ssh', '7000,8000,9000', { target: address('10.0.0.254') })],
    ['its name', door('ssh2', '7000,8000,9000')],
  ];
  for (const [what, changed] of changes) {
    test(`a door that has changed in ${what} forgets its attempts, without a word, and the other keeps them`, () => {
      const engine = replaced([changed, WEB]);
      assert.equal(engine.engine.pending, 1);
      assert.deepEqual(
        engine
          .offer({ port: changed.sequence[2]?.port ?? 0, at: 30, from: '10.0.0.1' })
          .filter((line) => line.includes('ssh')),
        [],
      );
      assert.equal(
        engine.offer({ port: 7000, at: 31, from: WEB_KNOCKER }).includes('10.0.0.2 web completed 3'),
        true,
      );
    });
  }

  test('attempts at a removed door are forgotten; a door that comes back under its name starts without them', () => {
    const engine = replaced([WEB]);
    assert.equal(engine.engine.pending, 1);
    assert.deepEqual(engine.offer({ port: 9000, at: 30 }), ['ignored']);
    engine.engine.replaceDoors([WEB, SSH]);
    assert.deepEqual(engine.offer({ port: 9000, at: 31 }), []);
  });

  test('no doors at all, and then the old ones', () => {
    const engine = replaced([]);
    assert.equal(engine.engine.pending, 0);
    assert.deepEqual(engine.offer({ port: 7000, at: 30 }), ['ignored']);
    assert.deepEqual(engine.expire(1e9), []);
    engine.engine.replaceDoors([SSH, WEB]);
    assert.equal(engine.offerAll('7000,8000,9000', 40).at(-1), '10.0.0.1 ssh completed 3');
  });

  test('a door keeps its number, and a number that is free is given again', () => {
    const [a, b, c] = [door('a', '1,2'), door('b', '3,4'), door('c', '5,6')];
    const engine = new TestEngine([a, b, c]);
    engine.engine.replaceDoors([c, a]);
    assert.deepEqual(names(engine), ['a', undefined, 'c']);
    engine.engine.replaceDoors([door('d', '7,8'), c, a]);
    assert.deepEqual(names(engine), ['a', 'd', 'c']);
    engine.engine.replaceDoors([a]);
    assert.deepEqual(names(engine), ['a']);
    engine.engine.replaceDoors([door('e', '1,2'), door('f', '1,2'), a]);
    assert.deepEqual(names(engine), ['a', 'e', 'f']);
  });

  test('a number that is given again brings no attempts of the old door with it', () => {
    const engine = new TestEngine([door('old', '7000,8000')]);
    engine.offer({ port: 7000, at: 0 });
    engine.engine.replaceDoors([door('new', '7000,8000')]);
    assert.deepEqual(engine.offer({ port: 8000, at: 1 }), []);
  });

  test('a gap is no door: nothing is offered to it, and nothing of it expires', () => {
    const engine = new TestEngine([door('a', '1,2'), SSH]);
    engine.offer({ port: 7000, at: 0 });
    engine.engine.replaceDoors([SSH]);
    assert.deepEqual(names(engine), [undefined, 'ssh']);
    assert.deepEqual(engine.offer({ port: 1, at: 1 }), ['ignored']);
    assert.equal(engine.engine.nextExpiry(), 5000);
    assert.deepEqual(engine.expire(5001), ['10.0.0.1 ssh expired 1']);
  });

  test('what was sent before is a retransmission still', () => {
    const engine = new TestEngine([SSH]);
    const syn = { port: 7000, sourcePort: 4, identity: 9 };
    engine.offer({ ...syn, at: 0 });
    engine.engine.replaceDoors([door('ssh', '7000,8000')]);
    assert.deepEqual(engine.offer({ ...syn, at: 1000 }), ['retransmission']);
  });

  test('a full table has room again when its attempts are forgotten', () => {
    const engine = new TestEngine([SSH], { attempts: 4, recentPackets: 64 });
    for (let i = 0; i < 4; i++) engine.offer({ port: 7000, from: `10.0.0.${i}`, at: 0 });
    engine.engine.replaceDoors([WEB]);
    for (let i = 0; i < 4; i++) {
      assert.equal(engine.offer({ port: 5000, from: `10.0.0.${i}`, at: 1 }).length, 1);
    }
  });
});
