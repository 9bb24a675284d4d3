import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judgeFleet } from '../../../src/app/doctor/judge-fleet.ts';
import { fleetJson, fleetRows } from '../../../src/cli/bussa/text/render-fleet.ts';
import type { FleetStatus, MemberStatus } from '../../../src/core/control/fleet-status.ts';
import { instant, millis } from '../../../src/core/net/time.ts';

const NOW = 1_800_000_000_000;

const MEMBER: MemberStatus = {
  name: 'gw2',
  heard: instant(NOW - 20_000),
  doors: ['ssh'],
  bans: true,
  leases: 3,
};

const FLEET: FleetStatus = {
  fleet: 'edge',
  member: 'gw1',
  engine: 'valkeys://gw1@valkey.example.org:6380',
  carrier: true,
  connected: true,
  since: instant(NOW - 600_000),
  window: millis(600_000),
  members: [MEMBER],
  counts: { published: 7, applied: 5, refused: 1, waiting: 0, claimed: 2, taken: 1, unclaimed: 0 },
};

const told = (fleet: Partial<FleetStatus>): readonly string[] =>
  judgeFleet({ fleet: { ...FLEET, ...fleet } }, NOW).map(
    ({ verdict, id, message }) => `${verdict} ${id}: ${message}`,
  );

describe('the state of a fleet', () => {
  test('is nothing where there is none', () => {
    assert.deepEqual(judgeFleet(undefined, NOW), []);
    assert.deepEqual(judgeFleet({}, NOW), []);
    assert.deepEqual(fleetRows(undefined), []);
  });

  test('is one good finding where all is well', () => {
    assert.deepEqual(told({}), [
      `ok fleet-engine: fleet edge, as gw1: connected to the engine ${FLEET.engine}`,
    ]);
  });

  const cases: readonly (readonly [string, Partial<FleetStatus>, RegExp])[] = [
    [
      'no carrier',
      { carrier: false, connected: false },
      /^problem fleet-engine: .*`bussa fleet` is not connected/,
    ],
    [
      'no engine',
      { connected: false, why: 'refused' },
      /^problem fleet-engine: .*no connection to the engine .*: refused$/,
    ],
    [
      'a clock ahead',
      { offset: 7400 },
      /^warning fleet-clock: the engine's clock is 7 s ahead of this host's$/,
    ],
    ['a clock behind', { offset: -60_000 }, /^warning fleet-clock: .*60 s behind/],
    ['rights', { wide: ['+@all'] }, /^warning fleet-rights: .*\+@all/],
    [
      'a silent member',
      { members: [{ ...MEMBER, heard: instant(NOW - 200_000) }] },
      /^warning fleet-member: member gw2 has not been heard for 200 s/,
    ],
    [
      'a member that never spoke',
      { members: [{ name: 'gw3', doors: [], bans: false, leases: 0 }] },
      /^warning fleet-member: member gw3 has not been heard since the daemon was connected/,
    ],
    [
      'its clock',
      { members: [{ ...MEMBER, skew: -9000 }] },
      /^warning fleet-clock: the clock of member gw2 is 9 s behind/,
    ],
    [
      'a refusal',
      { members: [{ ...MEMBER, refusal: { at: instant(NOW - 1000), why: 'it may not ban here' } }] },
      /^warning fleet-member: something that member gw2 told was refused: it may not ban here/,
    ],
  ];
  for (const [what, fleet, words] of cases) {
    test(`doctor reports ${what}`, () => {
      const findings = told(fleet);
      assert.ok(
        findings.some((one) => words.test(one)),
        findings.join('\n'),
      );
    });
  }

  test('is shown with each member', () => {
    const away: Partial<FleetStatus> = { connected: false, why: 'it\u0000 hangs' };
    const rows = fleetRows({ ...FLEET, ...away, counts: { ...FLEET.counts, waiting: 9 } });
    assert.equal(rows[0]?.[0], 'fleet');
    const text = rows.map(([, words]) => words).join('\n');
    assert.match(text, /edge, as gw1: PROBLEM: no connection to valkeys:.*hangs/);
    assert.match(text, /7 told, 5 applied, 1 refused, 9 wait to be told/);
    assert.match(text, /member gw2: heard .*, holds 3 open, may ssh and bans/);
    assert.ok(!text.includes('\u0000'));
    const { since, members } = fleetJson(FLEET) as { since: string; members: { heard: string }[] };
    assert.equal(new Date(since).getTime(), NOW - 600_000);
    assert.equal(new Date(members[0]?.heard ?? '').getTime(), NOW - 20_000);
  });
});
