/** A router that spreads the knocks of a sequence over several hosts is told from clients, strangers and scans. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judgeSplits } from '../../../src/app/doctor/judge-splits.ts';
import { Packet } from '../../../src/core/packet/packet.ts';
import { type SplitDoor, SplitSequences } from '../../../src/core/trace/split-sequences.ts';
import { seededRandom } from '../../lab/seeded-random.ts';
import { door, type Knock, readKnock } from '../attempt/knocks.ts';
import { SOURCE, TraceFixture } from './trace-fixture.ts';

const DOORS = [door('ssh', '7000,8000,9000,7500'), door('web', '4000,5000:udp')];
const TRY_MS = 20_000;

/** A host that hears some knocks. */
class Host {
  readonly #fixture = new TraceFixture(DOORS);
  readonly #splits = new SplitSequences(DOORS);
  readonly #packet = new Packet();

  hear(knock: Knock): void {
    this.#fixture.send(knock);
    const now = this.#fixture.at(knock.at);
    const { protocol, destinationPort } = readKnock(knock, this.#packet, 1);
    if (!this.#splits.watches(protocol, destinationPort, knock.at)) return;
    this.#splits.add(protocol, destinationPort, this.#fixture.traces.read(SOURCE, now), now);
  }

  report(at: number): SplitDoor[] {
    return this.#splits.report(this.#fixture.at(at));
  }
}

const SSH = ['7000', '8000', '9000', '7500'];
const WEB = ['4000', '5000:udp'];

/** Tries, one after the other; `hosts[n]` hears those knocks of the n-th try. */
function tries(sequence: readonly string[], heard: readonly (readonly number[])[]): SplitDoor[] {
  const host = new Host();
  for (const [n, places] of heard.entries()) {
    for (const place of places) host.hear({ port: sequence[place] ?? '', at: n * TRY_MS + place * 10 });
  }
  return host.report(heard.length * TRY_MS);
}

describe('sequences that reach a host in parts', () => {
  test('are noticed: other knocks are missing each time', () => {
    const expected = [{ door: 'ssh', tries: 3, parts: 2 }];
    assert.deepEqual(
      tries(SSH, [
        [1, 3],
        [0, 1],
        [2, 3],
        [0, 2],
        [0, 1, 2, 3],
      ]),
      expected,
    );
    assert.deepEqual(tries(WEB, [[0], [1], [0, 1], [1]]), [{ door: 'web', tries: 3, parts: 2 }]);
  });

  test('are noticed behind any router that spreads by ports, and nowhere else', (t) => {
    const random = seededRandom(t);
    for (let run = 0; run < 10; run++) {
      const parts = Array.from({ length: 100 }, () => [0, 1, 2, 3].filter(() => random() < 0.5));
      assert.deepEqual(
        tries(SSH, parts).map(({ door }) => door),
        ['ssh'],
      );
      // By source, a host hears all knocks of a source or none.
      const whole = Array.from({ length: 100 }, () => (random() < 0.5 ? [0, 1, 2, 3] : []));
      assert.deepEqual(tries(SSH, whole), []);
    }
  });

  test('are no wrong sequences: a client leaves out the same knocks each time', () => {
    assert.deepEqual(
      tries(SSH, [
        [1, 2, 3],
        [1, 2, 3],
        [1, 2, 3],
      ]),
      [],
    );
    assert.deepEqual(
      tries(SSH, [
        [0, 1, 2, 3],
        [1, 2, 3],
        [0, 1, 2, 3],
      ]),
      [],
      'a mistake',
    );
  });

  test('are no strangers at the port of a last knock, and no scans', () => {
    assert.deepEqual(tries(SSH, [[3], [3], [3]]), []);
    assert.deepEqual(tries(WEB, [[1], [1], [1]]), []);
    const host = new Host();
    for (let n = 0; n < 6; n++) {
      // 9001 is the neighbour of a knock port.
      const ports =
        [
          ['8000', '9001', '7500'],
          ['9000', '9001', '7500'],
        ][n % 2] ?? [];
      for (const [i, port] of ports.entries()) host.hear({ port, at: n * TRY_MS + i });
    }
    assert.deepEqual(host.report(6 * TRY_MS), []);
  });

  test('are forgotten after an hour, and cost nothing in a flood', () => {
    const host = new Host();
    for (const [n, places] of [
      [1, 3],
      [2, 3],
      [0, 1, 2, 3],
    ].entries()) {
      for (const place of places) host.hear({ port: SSH[place] ?? '', at: n * TRY_MS + place * 10 });
    }
    assert.equal(host.report(3_600_000).length, 1);
    assert.equal(host.report(3_700_000).length, 0);
    const splits = new SplitSequences(DOORS);
    const packet = readKnock({ port: 7500, at: 0 }, new Packet(), 1);
    const looks = Array.from({ length: 10_000 }, (_, n) =>
      splits.watches(packet.protocol, packet.destinationPort, n / 10),
    ).filter(Boolean);
    assert.ok(looks.length <= 41, `${looks.length} looks in a second`);
  });

  test('are reported by doctor with what to do at the router', () => {
    const status = { splits: [{ door: 'ssh', tries: 7, parts: 5 }] };
    const [finding, ...others] = judgeSplits(status, new Set());
    assert.deepEqual(others, []);
    assert.equal(finding?.verdict, 'warning');
    assert.match(finding?.message ?? '', /^ssh: 5 of the last 7 sequences .* without their first knock/);
    assert.match(finding?.hint ?? '', /net\.ipv4\.fib_multipath_hash_policy=0 .*fleet = spread/);
    assert.equal(judgeSplits(status, new Set(['ssh']))[0]?.verdict, 'ok', 'the other members are asked');
    assert.deepEqual(judgeSplits(undefined, new Set()), []);
  });
});
