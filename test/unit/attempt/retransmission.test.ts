import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RETRANSMISSION_MEMORY_MS, RecentPackets } from '../../../src/core/attempt/recent-packets.ts';
import { Packet } from '../../../src/core/packet/packet.ts';
import { door, type Knock, readKnock, TestEngine } from './knocks.ts';

const SSH = door('ssh', '7000,8000,9000', { timeout: 60_000 });
const RETRANSMITTED = ['retransmission'];

/** The very same packet whenever it is used. */
const syn = (port: number | string): Omit<Knock, 'at'> => ({ port, sourcePort: 40_000, identity: 77 });

describe('a retransmission is not a knock', () => {
  test('while its attempt is pending', () => {
    const engine = new TestEngine([SSH]);
    engine.offer({ ...syn(7000), at: 0 });
    engine.offer({ ...syn(8000), at: 10 });
    assert.deepEqual(engine.offer({ ...syn(7000), at: 1000 }), RETRANSMITTED);
    assert.deepEqual(engine.offer({ ...syn(8000), at: 1010 }), RETRANSMITTED);
    assert.equal(engine.offer({ ...syn(9000), at: 1020 }).at(-1), '10.0.0.1 ssh completed 3');
  });

  test('where its attempt waits for the same port once more, at whatever part of a millisecond', () => {
    for (const part of [0, 0.001, 0.5, 0.999]) {
      const engine = new TestEngine([door('twice', '7000,7000,9000')]);
      engine.offer({ ...syn(7000), at: 100 + part });
      for (const at of [1100, 1100.3, 3100.999]) {
        assert.deepEqual(engine.offer({ ...syn(7000), at }), RETRANSMITTED, `${part}, ${at}`);
      }
    }
  });

  test('after its attempt has been completed, and after it has failed', () => {
    const engine = new TestEngine([SSH, door('one', '5000')]);
    for (const port of [7000, 8000, 9000, 5000]) engine.offer({ ...syn(port), at: 0 });
    for (const port of [7000, 8000, 9000, 5000]) {
      assert.deepEqual(engine.offer({ ...syn(port), at: 1000 }), RETRANSMITTED);
    }
    engine.offer({ port: 7000, at: 1500 });
    assert.deepEqual(engine.offer({ ...syn(9000), identity: 78, at: 2000 }), ['10.0.0.1 ssh failed 1']);
    assert.deepEqual(engine.offer({ ...syn(9000), identity: 78, at: 3000 }), RETRANSMITTED);
    assert.equal(engine.engine.pending, 0);
  });

  test('through all of Linux’s retries: 1, 2, 4, … seconds after one another', () => {
    const engine = new TestEngine([SSH]);
    engine.offer({ ...syn(7000), at: 0 });
    let at = 0;
    for (let wait = 1000; wait <= 64_000; wait *= 2) {
      at += wait;
      assert.deepEqual(engine.offer({ ...syn(7000), at }), RETRANSMITTED, `after ${wait} ms`);
    }
  });

  test('seen once for all doors that have the port', () => {
    const engine = new TestEngine([SSH, door('web', '7000,9000')]);
    assert.equal(engine.offer({ ...syn(7000), at: 0 }).length, 2);
    assert.deepEqual(engine.offer({ ...syn(7000), at: 1 }), RETRANSMITTED);
    assert.equal(engine.engine.pending, 2);
  });

  test('and a copy out of order, a little before the first look, is one too', () => {
    const engine = new TestEngine([SSH]);
    engine.offer({ ...syn(7000), at: 100 });
    assert.deepEqual(engine.offer({ ...syn(7000), at: 99.5 }), RETRANSMITTED);
  });
});

describe('connections that are left waiting open a door once', () => {
  const waits = (linear: number): number[] => [
    ...new Array<number>(linear).fill(1000),
    ...[1000, 2000, 4000, 8000, 16_000, 32_000],
  ];
  for (const [kernel, gaps] of [
    ['up to Linux 6.4', waits(0)],
    ['since Linux 6.5', waits(4)],
  ] as const) {
    for (const late of [0, 0.03, 0.1]) {
      test(`${kernel}, each wait ${late * 100} % late`, () => {
        const engine = new TestEngine([door('ssh', '7000,8000,9000', { timeout: 25_000 })]);
        let at = 0;
        let opened = 0;
        for (const gap of [0, ...gaps]) {
          at += gap * (1 + late);
          for (const [i, port] of [7000, 8000, 9000].entries()) {
            engine.offer({ ...syn(port), at: at + i * 5 });
            opened += engine.completions.length;
          }
        }
        assert.equal(opened, 1);
      });
    }
  }
});

describe('a client whose packets are always the same', () => {
  test('opens once in every seq_timeout, however irregular its tries are', () => {
    const timeout = 3000;
    let state = 12_345;
    const wait = (): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return 20 + (state % 180);
    };
    for (let client = 0; client < 200; client++) {
      const engine = new TestEngine([door('ssh', '7000,8000,9000', { timeout })]);
      let at = 0;
      let opened = 0;
      while (at < 60_000) {
        for (const port of [7000, 8000, 9000]) {
          engine.offer({ ...syn(port), at });
          opened += engine.completions.length;
          at += wait();
        }
      }
      // A try takes 600 ms at most.
      assert.ok(opened >= Math.floor(60_000 / (timeout + 1200)), `client ${client} opened ${opened} times`);
    }
  });
});

describe('a packet that differs is a knock', () => {
  const others: readonly (readonly [string, Partial<Knock>])[] = [
    ['in its sequence number', { identity: 78 }],
    ['in its source port', { sourcePort: 40_001 }],
    ['in its flags', { flags: 0x10 }],
    ['in its source', { from: '10.0.0.2' }],
    ['in the address it is sent to', { to: '10.0.0.253' }],
    ['in a later word of an IPv6 source', { from: 'fd00::2:0:0:1' }],
  ];
  for (const [name, other] of others) {
    test(name, () => {
      const first = {
        ...syn(7000),
        ...(other.from?.includes(':') === true ? { from: 'fd00::1:0:0:1' } : {}),
      };
      const engine = new TestEngine([SSH]);
      engine.offer({ ...first, at: 0 });
      assert.notDeepEqual(engine.offer({ ...first, ...other, at: 1000 }), RETRANSMITTED);
    });
  }

  test('in its port: one source port and sequence number for all knocks', () => {
    const engine = new TestEngine([SSH]);
    for (const port of [7000, 8000]) engine.offer({ ...syn(port), at: 0 });
    assert.equal(engine.offer({ ...syn(9000), at: 1 }).at(-1), '10.0.0.1 ssh completed 3');
  });

  test('in its protocol', () => {
    const engine = new TestEngine([door('both', '7000,7000:udp')]);
    engine.offer({ ...syn(7000), flags: 0, at: 0 });
    assert.equal(engine.offer({ ...syn('7000:udp'), at: 0 }).at(-1), '10.0.0.1 both completed 2');
  });

  test('in its time, when it is a datagram: equal nanoseconds of different seconds are two knocks', () => {
    const engine = new TestEngine([door('twice', '7000:udp,7000:udp')]);
    const datagram = { ...syn('7000:udp'), identity: 500_000_000 };
    engine.offer({ ...datagram, at: 1500 });
    assert.deepEqual(engine.offer({ ...datagram, at: 1500 }), RETRANSMITTED, 'a second look at one packet');
    assert.equal(engine.offer({ ...datagram, at: 2500 }).at(-1), '10.0.0.1 twice completed 2');
  });

  test('in its time also where the clock in milliseconds, cut to 32 bits, stands at 0', () => {
    for (const at of [0, 2 ** 32]) {
      const engine = new TestEngine([door('twice', '7000:udp,7000:udp')]);
      engine.offer({ ...syn('7000:udp'), at });
      assert.equal(engine.offer({ ...syn('7000:udp'), at: at + 2 }).at(-1), '10.0.0.1 twice completed 2');
    }
  });

  test('when it counted longer ago than seq_timeout, though copies came since', () => {
    const engine = new TestEngine([SSH]);
    engine.offer({ ...syn(7000), at: 0 });
    for (const at of [20_000, 40_000, 60_000]) {
      assert.deepEqual(engine.offer({ ...syn(7000), at }), RETRANSMITTED);
    }
    const again = engine.offer({ ...syn(7000), at: 60_001 });
    assert.deepEqual(again, ['10.0.0.1 ssh expired 1', '10.0.0.1 ssh advanced 1']);
  });

  test('after 65 s, however long seq_timeout is', () => {
    const engine = new TestEngine([door('ssh', '7000,8000,9000', { timeout: 3_600_000 })]);
    engine.offer({ ...syn(7000), at: 0 });
    engine.offer({ ...syn(8000), at: 0 });
    assert.deepEqual(engine.offer({ ...syn(7000), at: RETRANSMISSION_MEMORY_MS }), RETRANSMITTED);
    const again = engine.offer({ ...syn(7000), at: RETRANSMISSION_MEMORY_MS + 1 });
    assert.deepEqual(again, ['10.0.0.1 ssh failed 2', '10.0.0.1 ssh advanced 1']);
  });

  for (const every of [700, 1000, 2000, 2600, 3000, 5000, 10_000]) {
    test(`a client whose packets are always the same gets in again and again, trying every ${every} ms`, () => {
      const timeout = 2500;
      const engine = new TestEngine([door('ssh', '7000,8000,9000', { timeout })]);
      const opened: number[] = [];
      for (let at = 0; at < 120_000; at += every) {
        for (const port of [7000, 8000, 9000]) {
          if (engine.offer({ port, at, sourcePort: 20, identity: 0 }).at(-1)?.includes('completed')) {
            opened.push(at);
          }
        }
      }
      const pauses = opened.slice(1).map((at, i) => at - (opened[i] as number));
      // The first try after the time is over.
      assert.ok(Math.max(...pauses) <= timeout + every, `${pauses}`);
      assert.ok(Math.min(...pauses) > timeout);
    });
  }
});

describe('the memory of packets', () => {
  const MEMORY = RETRANSMISSION_MEMORY_MS;
  const packet = new Packet();
  const knock = (serial: number, at = 0): Packet => readKnock({ port: 7000, at }, packet, serial);

  test('at whatever time: 0, today, where 32 bits of milliseconds come round, before 1970', () => {
    for (const now of [0, 1_790_000_000_123.7, 2 ** 32 - 0.5, 2 ** 31, 2 ** 32 * 417, -1, -5e11]) {
      const recent = new RecentPackets(64, [1, 2]);
      assert.equal(recent.offer(knock(1), now, MEMORY), false, `first, at ${now}`);
      assert.equal(recent.offer(knock(1), now, MEMORY), true, `again, at ${now}`);
      assert.equal(recent.offer(knock(1), now + 1000, MEMORY), true, `a second later than ${now}`);
      assert.equal(
        recent.offer(knock(1), now + 1000 + RETRANSMISSION_MEMORY_MS + 1, MEMORY),
        false,
        `much later than ${now}`,
      );
    }
  });

  test('is not taken in by an empty place', () => {
    // A fingerprint of 0 would equal an empty place's: nothing may be found in one.
    for (let serial = 0; serial < 20_000; serial++) {
      const recent = new RecentPackets(1, [0, 0]);
      assert.equal(
        recent.offer(readKnock({ port: 7000, at: 0, sourcePort: 0, identity: serial }, packet, 0), 0, MEMORY),
        false,
      );
    }
  });

  test('full: the one not seen for longest is forgotten, and its copy counts as a knock', () => {
    const recent = new RecentPackets(4, [1, 2]);
    for (let serial = 1; serial <= 4; serial++) recent.offer(knock(serial), serial, MEMORY);
    assert.equal(recent.offer(knock(1), 5, MEMORY), true, 'seen again: now the newest');
    assert.equal(recent.offer(knock(5), 6, MEMORY), false, 'makes 2 forgotten');
    assert.deepEqual(
      [1, 3, 4, 5].map((serial) => recent.offer(knock(serial), 7, MEMORY)),
      [true, true, true, true],
    );
    assert.equal(recent.offer(knock(2), 8, MEMORY), false);
  });

  test('holds as many as it says, nearly: of 10,000 in 65,536 places hardly one is lost', () => {
    const recent = new RecentPackets(65_536, [3, 4]);
    for (let serial = 0; serial < 10_000; serial++) recent.offer(knock(serial), serial / 1000, MEMORY);
    let known = 0;
    for (let serial = 0; serial < 10_000; serial++) if (recent.offer(knock(serial), 100, MEMORY)) known++;
    assert.ok(known > 9950, `${known} of 10,000 are known`);
  });

  test('takes no packet for another one in 200,000 that differ in a bit or two', () => {
    const recent = new RecentPackets(1_048_576, [5, 6]);
    let taken = 0;
    for (let i = 0; i < 200_000; i++) {
      const from = `10.${i % 4}.0.${i % 7}`;
      readKnock(
        { port: 7000 + (i % 3), at: 0, from, sourcePort: 40_000 + (i % 11), identity: i, flags: 2 },
        packet,
        i,
      );
      if (recent.offer(packet, 0, MEMORY)) taken++;
    }
    assert.equal(taken, 0);
  });
});
