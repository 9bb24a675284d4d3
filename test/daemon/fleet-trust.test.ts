// What a fleet takes from whom: records of the engine, of members that were taken out, and proofs used elsewhere.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FleetBody, FleetLeaseId } from '../../src/core/fleet/fleet-record.ts';
import { renderRecord, signedBytes } from '../../src/core/fleet/render-record.ts';
import { type Prefix, parsePrefix } from '../../src/core/net/prefix.ts';
import { instant, millis } from '../../src/core/net/time.ts';
import { FleetFixture, source, told } from './fleet-fixture.ts';
import type { FleetHostFixture } from './fleet-host-fixture.ts';

const A = source(1);
const B = source(2);

/** A record as the member would sign it, whoever makes it up. */
function signedBy(
  fixture: FleetFixture,
  n: number,
  body: FleetBody,
  at = fixture.clock.day,
  keyOf = n,
  number = Math.floor(at / 1000),
): Uint8Array {
  const key = fixture.keys[keyOf];
  assert.ok(key !== undefined);
  const rendered = renderRecord({
    ...{ fleet: 'main', member: `gw${n + 1}`, epoch: 'd'.repeat(16) },
    ...{ number, at: instant(at), body },
  });
  return Buffer.concat([rendered, key.sign(signedBytes(rendered))]);
}

const openBody = (door: string, rest = 30_000, lease = 'ab'.repeat(8)): FleetBody => ({
  kind: 'open',
  leases: [{ door, source: A, rest: millis(rest), lease: lease as FleetLeaseId }],
});

describe('what a fleet trusts', () => {
  test('an attacker in the engine can neither forge nor replay nor reorder records', async () => {
    using fixture = new FleetFixture(2);
    const two = fixture.host(1);
    await fixture.carry();
    const good = signedBy(fixture, 0, openBody('ssh'));
    const altered = Uint8Array.from(good);
    altered[altered.length - 80] = 7;
    const hour = signedBy(fixture, 0, openBody('ssh'), fixture.clock.day - 3_600_000);
    const foreign = signedBy(fixture, 0, openBody('ssh'), fixture.clock.day, 1);
    const wrong = [
      altered,
      hour,
      foreign,
      good.subarray(1),
      new Uint8Array(900),
      Buffer.from('{"door":"ssh"'),
    ];
    for (const bytes of wrong) await two.inject(bytes);
    assert.deepEqual(two.leases, []);
    assert.equal((await two.inject(good)).applied, 1);
    assert.equal(two.left('ssh', A), 30_000);
    const end: FleetBody = {
      kind: 'close',
      ends: [{ door: 'ssh', source: A, lease: 'ab'.repeat(8) as FleetLeaseId }],
    };
    fixture.advance(2000);
    assert.equal((await two.inject(signedBy(fixture, 0, end))).applied, 1);
    assert.deepEqual(two.leases, []);
    assert.equal((await two.inject(good, 2000)).applied, 0, 'the close has a higher number');
    assert.deepEqual(two.leases, []);
  });

  test('what is put among the bans opens and closes nothing, however genuine it is', async () => {
    using fixture = new FleetFixture(2);
    const [one, two] = [fixture.host(0), fixture.host(1)];
    await fixture.carry();
    await one.knock('web', A);
    await fixture.carry();
    const genuine = fixture.engine.stream.map(({ bytes }) => bytes);
    await one.close('web', A);
    await fixture.carry();
    assert.deepEqual(two.leases, []);
    for (const bytes of genuine) assert.equal((await two.injectStored(bytes)).applied, 0);
    assert.deepEqual(two.leases, [], 'it opens nothing again');
    await two.knock('ssh', A);
    const order = signedBy(fixture, 0, { kind: 'close', ends: [{ door: 'ssh', source: A }] });
    assert.deepEqual(await two.injectStored(order), { applied: 0, refused: 1 });
    assert.deepEqual(two.leases, [`ssh ${A}`]);
  });

  test('another host with the name and the key of this one is refused, and reported', async () => {
    using fixture = new FleetFixture(2);
    const two = fixture.host(1);
    await fixture.carry();
    assert.equal(
      (await two.inject(signedBy(fixture, 1, openBody('ssh')), 5000)).applied,
      1,
      'an earlier run',
    );
    assert.deepEqual(told(two), []);
    fixture.advance(20_000);
    assert.equal((await two.inject(signedBy(fixture, 1, openBody('web')))).applied, 0);
    assert.deepEqual(two.leases, [`ssh ${A}`]);
    assert.match(told(two).join(), /member gw2: another host has the name and the key of this one/);
  });

  test('a member that sends without end takes no more room than others', async () => {
    using fixture = new FleetFixture(2);
    const two = fixture.host(1);
    await fixture.carry();
    let number = Math.floor(fixture.clock.day / 1000);
    const tell = (body: FleetBody): Promise<{ readonly applied: number }> => {
      number += 1;
      return two.inject(signedBy(fixture, 0, body, fixture.clock.day, 0, number));
    };
    for (let n = 1; n <= 40; n++) await tell(openBody('web', 30_000, n.toString(16).padStart(16, '0')));
    assert.equal(two.lease('web', A)?.holders?.length, 8);
    const prefixes = (from: number): Prefix[] =>
      Array.from({ length: 64 }, (_, n) => parsePrefix(`10.${from >> 2}.${from & 3}.${n}`) as Prefix);
    for (let from = 0; from < 100; from++) await tell({ kind: 'unban', lifted: prefixes(from) });
    await two.settle();
    assert.ok(two.remembered < 4200, `${two.remembered}`);
    const ban = async (from: number): Promise<number> => {
      const { applied } = await tell({
        kind: 'ban',
        bans: prefixes(from).map((who) => ({ who, rest: millis(60_000) })),
      });
      return applied;
    };
    for (let from = 100; from < 164; from++) assert.equal(await ban(from), 64);
    assert.equal(await ban(164), 0, 'as many as a member may have');
    fixture.advance(70_000);
    assert.equal(await ban(164), 64, 'those that are over do not count');
    await two.settle();
    assert.ok(two.remembered < 4200, `${two.remembered}`);
  });

  test('a member that was taken out holds nothing here any more', async () => {
    using fixture = new FleetFixture(2);
    const [one, two] = [fixture.host(0), fixture.host(1)];
    await one.knock('web', A);
    await fixture.carry();
    two.drop('gw1');
    await two.settle();
    assert.deepEqual(two.leases, []);
    await one.knock('web', B);
    await fixture.carry();
    assert.deepEqual(two.leases, []);
    assert.match(told(two).join('\n'), /member gw1: no such member is in the members file/);
  });

  test('a proof that one host has taken opens nothing at another; without the engine the door says what counts', async () => {
    using fixture = new FleetFixture(2);
    const [one, two] = [fixture.host(0), fixture.host(1)];
    await fixture.carry();
    const use = { identity: 'CODE:abc 57', lifetime: millis(180_000) };
    const other = { identity: 'CODE:abc 58', lifetime: millis(180_000) };
    const [prefer, require] = [one.spec('ssh'), { ...one.spec('ssh'), fleetClaim: 'require' as const }];
    const claim = (host: FleetHostFixture, door = prefer, what = use) =>
      host.fleet.whyNot(door, { kind: 'code', user: 'bob', fingerprint: 'CODE:abc' }, what);
    assert.equal(await claim(one), undefined);
    assert.equal(await claim(one), undefined, 'what this host lets through once more is its own record');
    assert.match(String(await claim(two)), /this code of bob has been used at another member of the fleet/);
    for (const key of fixture.engine.claims) assert.match(key, /^[0-9a-f]{64}$/, 'the engine learns no code');
    await two.cut();
    assert.match(String(await claim(two, require, other)), /the engine of the fleet does not answer/);
    assert.equal(await claim(two, prefer, other), undefined);
    assert.match(told(two).join('\n'), /opened by a proof that no other member knows of/);
    await two.heal();
    assert.match(
      String(await claim(one, { ...prefer, name: 'other' }, use)),
      /^undefined$/,
      'a proof may open several doors here',
    );
    assert.match(String(await claim(two, { ...prefer, name: 'other' }, use)), /used at another member/);
    const several = { ...other, identity: 'CODE:abc 60' };
    const both = [prefer, { ...require, name: 'web' }].map((door) => claim(two, door, several));
    assert.deepEqual(await Promise.all(both), [undefined, undefined], 'at one time');
    assert.equal(await claim(two, require, { ...other, identity: 'CODE:abc 59' }), undefined);
    assert.deepEqual(
      [two.fleet.status.counts.taken, two.fleet.status.counts.unclaimed, two.fleet.status.counts.claimed],
      [2, 2, 2],
    );
  });
});
