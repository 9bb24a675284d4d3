import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { REFUSED } from '../../../src/core/lease/refusals.ts';
import { parsePrefix } from '../../../src/core/net/prefix.ts';
import { TCP_FLAG } from '../../../src/core/net/tcp-flags.ts';
import { Packet } from '../../../src/core/packet/packet.ts';
import { explainNow, renderNow } from '../../../src/core/trace/explain-now.ts';
import type { OpenDoor, TraceSituation } from '../../../src/core/trace/explanation.ts';
import { door, readKnock } from '../attempt/knocks.ts';
import { SOURCE, TraceFixture } from './trace-fixture.ts';

const SSH = door('ssh', '7000,8000,9000');
const SYN = { mask: TCP_FLAG.syn | TCP_FLAG.ack, value: TCP_FLAG.syn };

/** Knocks, when the attempts are looked at, and what is said. */
const CASES: readonly (readonly [
  name: string,
  knocks: string,
  expiry: number,
  kind: string,
  sentence: RegExp,
])[] = [
  [
    'the wrong one of the own knocks',
    '7000@0 9000@300',
    0,
    'wrong-knock',
    /^the second knock hit tcp\/9000 instead of tcp\/8000$/,
  ],
  [
    'a neighbour of the right port',
    '7000@0 8000@100 9001@200',
    6000,
    'wrong-knock',
    /^the third knock hit tcp\/9001 instead of tcp\/9000$/,
  ],
  [
    'a neighbour, before the time is over',
    '7000@0 8001@100',
    0,
    'wrong-knock',
    /^the second knock hit tcp\/8001 instead of tcp\/8000$/,
  ],
  [
    'too slow, noticed by the last knock',
    '7000@0 8000@3000 9000@6200',
    0,
    'late',
    /^the sequence took 6\.2 s, but its limit is 5 s$/,
  ],
  ['too slow, noticed before', '7000@0 8000@3000 9000@6200', 0, 'late', /6\.2 s/],
  [
    'too slow from the second knock on',
    '7000@0 8000@7000 9000@7100',
    0,
    'late',
    /^the second knock came 7 s after the first; the limit for the whole sequence is 5 s$/,
  ],
  [
    'broken off',
    '7000@0 8000@100',
    5001,
    'late',
    /^the third knock, tcp\/9000, did not arrive within 5 s of the first$/,
  ],
  [
    'two decoy ports, then the sequence',
    '7010@0 8010@100 7000@200 8000@300 9000@400',
    0,
    'tripwire',
    /^the sequence was right, but a decoy port was touched \(tcp\/8010 at T\+100\); in penalty/,
  ],
  [
    'a decoy port between the knocks',
    '7000@0 8000@100 8990@150 9000@200',
    0,
    'tripwire',
    /decoy port was touched \(tcp\/8990/,
  ],
  [
    'decoy ports alone',
    '7010@0 8010@100',
    0,
    'tripwire',
    /^no knock was seen, but a decoy port was touched: tcp\/8010 at T\+100$/,
  ],
  [
    'without the first one',
    '8000@0',
    0,
    'stray',
    /^tcp\/8000 at T\+0 belongs to no attempt: the first knock of ssh, tcp\/7000, did not arrive before it$/,
  ],
  [
    'a later try counts',
    '7000@0 9000@100 7000@20000 8000@20100',
    26_000,
    'late',
    /^the third knock, tcp\/9000, did not arrive/,
  ],
  [
    'right',
    '7000@0 8000@100 9000@200',
    0,
    'completed',
    /^the sequence was right at T\+200, and the door was opened$/,
  ],
  [
    'nothing',
    '443@0',
    0,
    'nothing',
    /^nothing from 10\.0\.0\.1 has been seen since T\+0; does it reach this host\?/,
  ],
];

const openDoor = (of: Partial<OpenDoor> & Pick<OpenDoor, 'since' | 'until'>): OpenDoor => ({
  door: 'ssh',
  state: 'open',
  byOperator: false,
  hasPorts: false,
  ...of,
});

describe('the sentence', () => {
  for (const [name, knocks, expiry, kind, sentence] of CASES) {
    test(name, () => {
      const bench = new TraceFixture([SSH]);
      bench.knock(knocks);
      bench.expire(expiry);
      const said = bench.explain();
      assert.match(said.sentence, sentence);
      assert.equal(said.kind, kind);
    });
  }

  test('too slow, and the clock has ended it before the last knock comes', () => {
    const bench = new TraceFixture([SSH]);
    bench.knock('7000@0 8000@3000');
    bench.expire(5001);
    bench.knock('9000@6200');
    assert.equal(bench.explain().sentence, 'the sequence took 6.2 s, but its limit is 5 s');
  });

  test('a restart by the first knock: what went wrong before', () => {
    const bench = new TraceFixture([SSH]);
    bench.knock('7000@0 8000@100 7000@200 9000@300');
    assert.equal(bench.explain().sentence, 'the third knock hit tcp/7000 instead of tcp/9000');
  });

  test('an attempt that goes on', () => {
    const bench = new TraceFixture([SSH]);
    bench.knock('7000@0');
    const { kind, sentence } = bench.explain({}, 100);
    assert.equal(kind, 'pending');
    assert.equal(
      sentence,
      'the second knock, tcp/8000, has not arrived yet; it may come until 5 s after the first',
    );
  });

  test('a retransmission in the place of a knock', () => {
    const bench = new TraceFixture([door('twice', '7000,7000,9000')]);
    for (const at of [0, 1000, 3000]) bench.send({ port: 7000, at, sourcePort: 4000, identity: 7 });
    bench.expire(6000);
    assert.match(
      bench.explain().sentence,
      /^the second knock, tcp\/7000, was a retransmission of a packet seen before/,
    );
    assert.deepEqual(
      bench.read().map(({ kind, count, at, lastAt }) => [kind, count, lastAt - at]),
      [
        ['advanced', 1, 0],
        ['retransmission', 2, 2000],
        ['expired', 1, 0],
      ],
    );
  });

  test('the wrong flags, at the first knock and at a later one', () => {
    const bench = new TraceFixture([door('ssh', '7000,8000', { flags: SYN })]);
    bench.send({ port: 7000, at: 0, flags: TCP_FLAG.ack });
    assert.equal(
      bench.explain().sentence,
      'tcp/7000 at T+0 has the wrong flags: ack, but tcpflags requires syn,!ack',
    );
    bench.send({ port: 7000, at: 10_000 });
    bench.send({ port: 8000, at: 10_100, flags: 0 });
    bench.expire(16_000);
    assert.match(bench.explain().sentence, /^the second knock, tcp\/8000, has the wrong flags: none, but/);
  });

  test('evicted: the attempt that makes room is reported, not the new one', () => {
    const bench = new TraceFixture([SSH], 4, 4096);
    bench.knock('7000@0');
    for (let i = 0; i < 200; i++) bench.send({ port: 7000, at: i, from: `10.9.0.${i}` });
    assert.match(bench.explain().sentence, /was evicted/);
  });

  test('refusals', () => {
    const refused = (reason: string, options: object): string => {
      const bench = new TraceFixture([{ ...SSH, ...options }]);
      bench.knock('7000@0 8000@1 9000@2');
      bench.traces.addLeaseNote({ kind: 'refused', source: SOURCE, door: 'ssh', reason }, bench.at(3));
      return bench.explain().sentence;
    };
    assert.match(
      refused(REFUSED.full, {}),
      /^the sequence was right, but the lease limit is reached \(max_leases\)$/,
    );
    assert.match(refused('x', { allow: [parsePrefix('192.0.2.0/24')] }), /not in the door's allow$/);
    assert.match(refused('x', { deny: [parsePrefix('10.0.0.0/8')] }), /is in the door's deny$/);
    assert.match(refused('no firewall is in use', {}), /but no firewall is in use$/);
  });

  test('open, and closed', () => {
    const bench = new TraceFixture([SSH]);
    bench.knock('7000@0 8000@1 9000@2');
    bench.traces.addLeaseNote({ kind: 'opened', source: SOURCE, door: 'ssh' }, bench.at(5));
    const open = [openDoor({ since: bench.at(5), until: bench.at(60_005) })];
    assert.equal(
      bench.explain({ open }, 100).sentence,
      'the door was opened at T+5, and is open until T+60005',
    );
    bench.traces.addLeaseNote({ kind: 'closed', source: SOURCE, door: 'ssh' }, bench.at(60_005));
    const closed = bench.explain({}, 70_000);
    assert.deepEqual(closed, {
      kind: 'was-open',
      door: 'ssh',
      sentence: 'the door was opened at T+5, and closed at T+60005',
      said: { code: 'opened-closed', values: { at: bench.at(5), closed: bench.at(60_005) } },
    });
  });

  test('the sequence was right, and the start command failed: it says of what, and never that it is open', () => {
    const bench = new TraceFixture([SSH]);
    bench.knock('7000@0 8000@1 9000@2');
    bench.traces.addLeaseNote({ kind: 'opened', source: SOURCE, door: 'ssh' }, bench.at(5));
    const reason = 'failed with status 2: unknown option "–dport"';
    bench.traces.addLeaseNote({ kind: 'start-failed', source: SOURCE, door: 'ssh', reason }, bench.at(6));
    const failed = openDoor({ since: bench.at(5), until: bench.at(60_005), startFailure: reason });
    assert.deepEqual(bench.explain({ open: [failed] }, 100), {
      kind: 'start-failed',
      door: 'ssh',
      sentence: `the sequence was right at T+5, but the start command ${reason}`,
      said: { code: 'start-failed', values: { at: bench.at(5), reason } },
    });
    // Its end changes nothing about it.
    bench.traces.addLeaseNote({ kind: 'closed', source: SOURCE, door: 'ssh' }, bench.at(60_005));
    assert.equal(bench.explain({}, 70_000).kind, 'start-failed');
  });

  test('a door with a sequence says whether it was the sequence or a proof that was good', () => {
    const bench = new TraceFixture([SSH]);
    const note = { source: SOURCE, door: 'ssh', reason: REFUSED.full } as const;
    bench.traces.addLeaseNote({ kind: 'refused', ...note }, bench.at(3));
    assert.match(bench.explain().sentence, /^the proof was good, but the lease limit is reached/);
    bench.knock('7000@10 8000@11 9000@12');
    bench.traces.addLeaseNote({ kind: 'refused', ...note }, bench.at(13));
    assert.match(bench.explain().sentence, /^the sequence was right, but the lease limit is reached/);
  });

  test('a door that only proofs open: opened and closed, refused, failed; what has opened it is no stray packet', () => {
    const half = (port: number): Packet => readKnock({ port: `${port}`, at: 0 }, new Packet(), port);
    const fixture = (): TraceFixture => {
      // Its door is none of the engine's.
      const one = new TraceFixture([SSH]);
      one.traces.addCode(half(17_492), 'code-half', one.at(0));
      one.traces.addLeaseNote({ kind: 'opened', source: SOURCE, door: 'phone' }, one.at(5));
      return one;
    };
    const note = (
      one: TraceFixture,
      kind: 'closed' | 'refused' | 'start-failed',
      reason: string,
      at: number,
    ) => one.traces.addLeaseNote({ kind, source: SOURCE, door: 'phone', reason }, one.at(at));
    const closed = fixture();
    note(closed, 'closed', '', 60_005);
    assert.equal(closed.explain({}, 70_000).kind, 'was-open');
    assert.equal(closed.explain({}, 70_000).sentence, 'the door was opened at T+5, and closed at T+60005');
    const other = openDoor({ since: closed.at(6), until: closed.at(90_000) });
    assert.equal(closed.explain({ open: [other] }, 70_000).kind, 'open');
    closed.knock('7000@70000');
    assert.equal(closed.explain({}, 70_100).kind, 'pending');

    const failed = fixture();
    note(failed, 'start-failed', 'failed with status 2', 6);
    note(failed, 'closed', '', 60_005);
    const sentence = 'the proof was good at T+6, but the start command failed with status 2';
    assert.equal(failed.explain({}, 70_000).sentence, sentence);

    const refused = fixture();
    note(refused, 'closed', '', 60_005);
    note(refused, 'refused', REFUSED.full, 70_000);
    assert.match(refused.explain({}, 70_000).sentence, /^the proof was good, but the lease limit is reached/);
    assert.equal(refused.explain({ open: [other] }, 70_000).kind, 'refused');
  });

  test('reasons without number: the short one stands for those that are many', () => {
    const bench = new TraceFixture([SSH]);
    for (let n = 0; n < 200; n++) {
      const reason = `failed with status 2: ${n}`;
      const shortReason = 'failed with status 2';
      bench.traces.addLeaseNote(
        { kind: 'start-failed', source: SOURCE, door: 'ssh', reason, shortReason },
        bench.at(n),
      );
    }
    bench.knock('7000@1000 8000@1001 9000@1002');
    bench.traces.addLeaseNote({ kind: 'opened', source: SOURCE, door: 'ssh' }, bench.at(1003));
    const last = { reason: 'failed with status 2: x', shortReason: 'failed with status 2' };
    bench.traces.addLeaseNote({ kind: 'start-failed', source: SOURCE, door: 'ssh', ...last }, bench.at(1004));
    assert.match(bench.explain({}, 1100).sentence, /but the start command failed with status 2$/);
    bench.traces.addLeaseNote(
      { kind: 'refused', source: SOURCE, door: 'ssh', reason: 'of its own' },
      bench.at(1005),
    );
    assert.match(bench.explain({}, 1100).sentence, /of its own/);
  });

  test('what is the case now comes first: each door, how it came about, and bans and penalties', () => {
    const bench = new TraceFixture([SSH]);
    const times = { since: bench.at(5), until: bench.at(60_005) };
    const present = (situation: Partial<TraceSituation>) =>
      renderNow(explainNow({ open: [], ...situation } as never), (at) => `T+${at - bench.at(0)}`);
    assert.deepEqual(
      present({
        open: [
          openDoor(times),
          openDoor({ ...times, door: 'web', byOperator: true }),
          openDoor({ ...times, door: 'bad', startFailure: 'failed with status 1' }),
          openDoor({ ...times, door: 'half', hasPorts: true, startFailure: 'failed with status 1' }),
          openDoor({ ...times, door: 'slow', state: 'opening' }),
          openDoor({ ...times, door: 'over', state: 'closing' }),
        ],
        penaltyUntil: bench.at(100),
      }),
      [
        'ssh is open until T+60005, opened by the knock at T+5',
        "web is open until T+60005, opened by the operator's order at T+5",
        'bad: the sequence was right at T+5, but the start command failed with status 1',
        'half: the sequence was right at T+5, but the start command failed with status 1; its ports are open until T+60005',
        'the start command of slow is running, started by the knock at T+5',
        'over is closing; it was opened by the knock at T+5',
        'in penalty until T+100: the sequence must be knocked twice in a row',
      ],
    );
    assert.deepEqual(present({}), []);
  });

  test('banned, whatever else there is', () => {
    const bench = new TraceFixture([SSH]);
    bench.knock('7000@0 8000@1 9000@2');
    const prefix = parsePrefix('10.0.0.0/24');
    assert.ok(prefix !== undefined);
    assert.equal(bench.explain({ ban: { prefix } }).sentence, '10.0.0.0/24 is banned for good');
    assert.match(bench.explain({ ban: { prefix, until: bench.at(9) } }).sentence, /banned until T\+9$/);
  });

  test('of two doors that share knocks, the one that was knocked further', () => {
    const bench = new TraceFixture([
      door('long', '7000,8000,9000,9500', { timeout: 9000 }),
      door('other', '7000,9000', { timeout: 9500 }),
    ]);
    bench.knock('7000@0 8000@1 9000@2');
    assert.equal(bench.explain({}, 100).door, 'long');
    const short = new TraceFixture([SSH, door('other', '7000,7500,7600,7700', { timeout: 9000 })]);
    short.knock('7000@0 8000@1');
    short.expire(10_000);
    assert.equal(short.explain().door, 'ssh');
  });

  test('a door of an earlier configuration keeps its name', () => {
    const bench = new TraceFixture([SSH]);
    bench.knock('7000@0 9000@100');
    bench.replaceDoors([door('web', '1111,2222')]);
    assert.equal(bench.explain().door, 'ssh');
    bench.knock('1111@10000 2222@10100');
    assert.equal(bench.explain().door, 'web');
  });
});
