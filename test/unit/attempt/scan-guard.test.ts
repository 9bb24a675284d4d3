import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HostPorts } from '../../../src/core/decoy/decoy-ports.ts';
import type { Door } from '../../../src/core/door/door.ts';
import { ANY_FLAGS, TCP_FLAG } from '../../../src/core/net/tcp-flags.ts';
import { address, door, GuardedEngine } from './knocks.ts';

const SSH = door('ssh', '7000,8000,9000', { flags: { mask: TCP_FLAG.syn, value: TCP_FLAG.syn } });
const PORTS: HostPorts = {
  served: [{ first: 8010, last: 8010 }],
  ephemeral: { first: 32_768, last: 60_999 },
};

const guarded = (doors: readonly Door[] = [SSH], penalty = 60_000): GuardedEngine =>
  new GuardedEngine(doors, PORTS, penalty);
const opened = (said: readonly string[]): boolean => said.some((line) => line.includes(' completed '));

/** Makes 10.0.0.1 touch two decoy ports. */
function suspect(engine: GuardedEngine, at: number): void {
  engine.offer({ port: 6998, at });
  engine.offer({ port: 6999, at });
}

describe('a source that touches a decoy port', () => {
  test('loses its attempt, and says so', () => {
    const engine = guarded();
    engine.offerAll('7000,8000', 0);
    assert.deepEqual(engine.offer({ port: 8001, at: 5 }), ['ignored']);
    assert.deepEqual(engine.offer({ port: 9000, at: 6 }), [
      '10.0.0.1 ssh advanced 3',
      '10.0.0.1 ssh withheld 3',
    ]);
    assert.deepEqual(engine.completions, []);
  });

  test('in the very millisecond of the first knock counts as one after it', () => {
    for (const order of ['knock first', 'touch first']) {
      const engine = guarded();
      if (order === 'touch first') engine.offer({ port: 6999, at: 10 });
      engine.offer({ port: 7000, at: 10 });
      if (order === 'knock first') engine.offer({ port: 6999, at: 10 });
      assert.ok(!opened(engine.offerAll('8000,9000', 11)), order);
    }
  });

  test('is in penalty after two ports, once, however many follow', () => {
    const engine = guarded();
    const touch = (port: number, at: number): string[] => engine.offer({ port, at });
    assert.deepEqual(touch(7001, 0), ['ignored']);
    assert.deepEqual(touch(7001, 1), ['ignored']);
    assert.deepEqual(touch(7002, 2), ['suspicion']);
    assert.deepEqual(touch(7001, 3), ['ignored']);
    assert.deepEqual(touch(7003, 4), ['ignored']);
    assert.deepEqual(touch(7001, 60_005), ['ignored']);
    assert.deepEqual(touch(7002, 60_006), ['suspicion']);
  });

  test('once, by mistake, gets in at the next try', () => {
    const engine = guarded();
    for (let i = 0; i < 3; i++) engine.offer({ port: 8001, at: i });
    assert.ok(opened(engine.offerAll('7000,8000,9000', 10)));
  });

  test('gets in with the second of two clean sequences in a row', () => {
    const engine = guarded();
    suspect(engine, 0);
    assert.ok(!opened(engine.offerAll('7000,8000,9000', 10)));
    assert.ok(opened(engine.offerAll('7000,8000,9000', 20)));
  });

  test('does not with one touch between the two, or inside either', () => {
    const engine = guarded();
    suspect(engine, 0);
    for (const ports of [
      '7000,8000,9000,9001,7000,8000,9000',
      '7001,7000,8000,9000,7000,8001,8000,9000',
      '7001,7000,6999,8000,9000,7000,8000,9000',
    ]) {
      for (const [i, port] of ports.split(',').entries()) {
        assert.ok(!opened(engine.offer({ port, at: 100 + i })), ports);
      }
      engine.offer({ port: 7001, at: 150 });
    }
  });

  test('does not with two that are further apart than the sequence may take', () => {
    const engine = guarded();
    suspect(engine, 0);
    assert.ok(!opened(engine.offerAll('7000,8000,9000', 10)));
    assert.ok(!opened(engine.offerAll('7000,8000,9000', 6000)));
    assert.ok(opened(engine.offerAll('7000,8000,9000', 6010)));
  });

  test('knocks as anybody when its time is over, and others do all the while', () => {
    const engine = guarded();
    suspect(engine, 0);
    assert.ok(opened(engine.offerAll('7000,8000,9000', 100, { from: '10.0.0.2' })));
    assert.ok(opened(engine.offerAll('7000,8000,9000', 200, { from: 'fd00::1' })));
    assert.ok(!opened(engine.offerAll('7000,8000,9000', 59_990)));
    const later = guarded();
    suspect(later, 0);
    assert.ok(opened(later.offerAll('7000,8000,9000', 60_002)));
  });

  test('with no penalty loses the attempt alone', () => {
    const engine = guarded([SSH], 0);
    engine.offerAll('7000,8000', 0);
    engine.offer({ port: 8001, at: 5 });
    assert.ok(!opened(engine.offer({ port: 9000, at: 6 })));
    assert.ok(opened(engine.offerAll('7000,8000,9000', 10)));
  });

  test('loses its penalty when the clock is set back', () => {
    const engine = guarded();
    suspect(engine, 1e12);
    assert.ok(opened(engine.offerAll('7000,8000,9000', 1e12 - 600_000)));
  });
});

describe('no decoy port is', () => {
  const quiet = (knock: Parameters<GuardedEngine['offer']>[0], doors?: readonly Door[]): void => {
    const engine = guarded(doors);
    engine.offer({ port: 6999, at: 0 });
    assert.deepEqual(engine.offer(knock), ['ignored'], JSON.stringify(knock));
  };

  test('a port that is served, nor one that a door opens', () => {
    quiet({ port: 8010, at: 0 });
    const ports = [{ protocol: 'tcp', first: 8001, last: 8020, path: 'input' }] as const;
    quiet({ port: 8015, at: 0 }, [{ ...SSH, opening: { ...SSH.opening, ports } } as unknown as Door]);
  });

  test('a port that was knocked at before, at a door that is no more', () => {
    const engine = new GuardedEngine([SSH], { ...PORTS, former: [7001, 6990] }, 60_000);
    assert.deepEqual(engine.offerAll('7002,7001,6990', 0), ['ignored']);
    assert.deepEqual(engine.offer({ port: 6991, at: 10 }), ['suspicion']);
  });

  test('a port of another host, but where a door watches that host', () => {
    quiet({ port: 7001, at: 0, local: false });
    const watching = door('far', '7000,8000', { target: address('192.0.2.9'), flags: SSH.flags });
    const knock = { port: 7001, at: 0, local: false, to: '192.0.2.9' };
    const engine = guarded([watching]);
    engine.offer({ ...knock, port: 7002 });
    assert.deepEqual(engine.offer(knock), ['suspicion']);
    for (let port = 1024; port < 6000; port++) {
      assert.deepEqual(engine.offer({ ...knock, port, from: '10.0.0.3' }), ['ignored'], `${port}`);
    }
  });

  test('touched by what could be no knock: other flags, another protocol', () => {
    quiet({ port: '8000:udp', at: 0 }, [SSH, door('udp', '8001:udp')]);
    quiet({ port: 7001, at: 0, flags: TCP_FLAG.ack });
    quiet({ port: 7001, at: 0, flags: TCP_FLAG.fin });
    quiet({ port: '7001:udp', at: 0 });
  });

  test('among the well-known ports, but for the next ones of a knock port', () => {
    const engine = guarded([door('low', '440,7000', { flags: ANY_FLAGS })]);
    for (let port = 1; port < 1024; port++) {
      // The second port of each source, behind one that is a decoy port.
      const from = `10.1.${port >> 8}.${port & 255}`;
      engine.offer({ port: 7001, at: 0, from });
      const expected = port === 439 || port === 441 ? ['suspicion'] : ['ignored'];
      if (port !== 440) assert.deepEqual(engine.offer({ port, at: 0, from }), expected, `${port}`);
    }
  });

  test('among the local ports of connections, but for the neighbours of a knock port', () => {
    const engine = guarded();
    engine.offer({ port: 7001, at: 0, from: '10.0.0.9' });
    for (let port = 30_000; port <= 65_535; port++) {
      assert.deepEqual(engine.offer({ port, at: 0, from: '10.0.0.9' }), ['ignored'], `${port}`);
    }
  });

  test('touched by answers to the host’s own connections, but for the neighbours', () => {
    const any = door('any', '7000,8000,9000');
    for (const flags of [
      TCP_FLAG.ack,
      TCP_FLAG.ack | TCP_FLAG.psh,
      TCP_FLAG.syn | TCP_FLAG.ack,
      TCP_FLAG.rst,
    ]) {
      const ephemeral = { first: 1024, last: 65_535 };
      const engine = new GuardedEngine([any], { served: [], ephemeral }, 60_000);
      engine.offer({ port: 7031, at: 0, flags });
      for (let port = 1024; port < 6900; port++)
        assert.deepEqual(engine.offer({ port, at: 0, flags }), ['ignored']);
      assert.deepEqual(engine.offer({ port: 7032, at: 0, flags }), ['suspicion']);
    }
  });
});

test('when more sources touch decoy ports than are remembered, random ones are forgotten', () => {
  const remembered = 1024;
  const engine = new GuardedEngine([SSH], PORTS, 60_000, remembered);
  const touch = (i: number, at: number): string[] =>
    engine.offer({ port: 7001 + at, at, from: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}` });
  for (let i = 0; i < remembered; i++) for (const at of [0, 1]) touch(i, at);
  for (let i = remembered; i < 2 * remembered; i++) touch(i, 1);
  // Who is forgotten would be in penalty only after one more. The oldest are not all gone, as they would be
  // were the oldest the one that makes room.
  const isRemembered = (i: number): boolean => touch(i, 2)[0] === 'ignored' && touch(i, 3)[0] === 'ignored';
  const kept = Array.from({ length: remembered }, (_, i) => isRemembered(i)).filter(Boolean).length;
  assert.ok(kept > remembered / 5, `${kept} of ${remembered} are remembered`);
});
