import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isLogged } from '../../src/core/event/event.ts';
import { renderEvent } from '../../src/core/event/render-event.ts';
import { parsePrefix } from '../../src/core/net/prefix.ts';
import { millis } from '../../src/core/net/time.ts';
import { repeats } from '../lab/effort.ts';
import { FleetFixture, source, told } from './fleet-fixture.ts';
import type { FleetHostFixture } from './fleet-host-fixture.ts';
import { HandClock } from './keeper-fixture.ts';

const A = source(1);
const B = source(2);

function prefixOf(text: string) {
  const prefix = parsePrefix(text);
  assert.ok(prefix !== undefined);
  return prefix;
}

describe('a fleet', () => {
  test('has what one host opened open at all, for the rest of its time, and closes it with it', async () => {
    using fixture = new FleetFixture(3);
    const [one, two, three] = [fixture.host(0), fixture.host(1), fixture.host(2)];
    await one.knock('ssh', A);
    await two.order('web', B);
    fixture.advance(10_000);
    await fixture.carry();
    for (const host of fixture.hosts) {
      assert.deepEqual(host.leases, [`ssh ${A}`, `web ${B}`], host.name);
      assert.deepEqual([...host.open].sort(), host.leases);
      assert.equal(host.left('ssh', A), 50_000);
      assert.equal(host.left('web', B), 20_000);
    }
    assert.deepEqual(
      three.lease('ssh', A)?.holders?.map(({ kind, user }) => `${kind} ${user}`),
      ['member gw1'],
    );
    await one.close('ssh', A);
    await fixture.carry();
    for (const host of fixture.hosts) assert.deepEqual(host.leases, [`web ${B}`], host.name);
    const lines = three.events.filter(isLogged).map((event) => renderEvent(event));
    assert.ok(lines.includes(`${A}: ssh: member gw1: opened tcp/22 for 50 s`), lines.join('\n'));
    assert.ok(lines.includes(`${A}: ssh: member gw1: closed tcp/22, by member gw1`), lines.join('\n'));
    fixture.advance(5000);
    two.keeper.extend('web', B, millis(100_000));
    await fixture.carry();
    for (const host of fixture.hosts) assert.equal(host.left('web', B), 115_000, host.name);
  });

  test('publishes nothing that came from the fleet', async () => {
    using fixture = new FleetFixture(3);
    await fixture.carry();
    const beats = fixture.engine.stream.length;
    await fixture.host(0).knock('ssh', A);
    await fixture.carry();
    assert.equal(fixture.engine.stream.length, beats + 1);
    await fixture.host(0).close('ssh', A);
    await fixture.carry();
    assert.equal(fixture.engine.stream.length, beats + 2);
  });

  test('a door that shares nothing stays local, and a host takes what its own file lets the member do', async () => {
    using fixture = new FleetFixture(2, { rights: () => ({ doors: ['web'], bans: false }) });
    const [one, two] = [fixture.host(0), fixture.host(1)];
    for (const door of ['ssh', 'web', 'local']) await one.knock(door, A);
    one.bans.ban(prefixOf('203.0.113.0/24'), undefined);
    await fixture.carry();
    assert.deepEqual(two.leases, [`web ${A}`]);
    assert.equal(two.bans.list().length, 0);
    assert.match(told(two).join('\n'), /refused from member gw1, ssh: it may not open this door here/);
    assert.match(told(two).join('\n'), /refused from member gw1: it may not ban here/);
  });

  test('a lease opened by a knock at this host is ended only by `bussa close --fleet`', async () => {
    using fixture = new FleetFixture(2);
    const [one, two] = [fixture.host(0), fixture.host(1)];
    await one.knock('ssh', A);
    await two.knock('ssh', A);
    await fixture.carry();
    await one.close('ssh', A);
    await fixture.carry();
    assert.deepEqual([one.leases, two.leases], [[], [`ssh ${A}`]]);
    one.fleet.closeEverywhere({ door: 'ssh', source: A });
    await fixture.carry();
    assert.deepEqual(two.leases, []);
  });

  test('a lease closed here stays closed although its member repeats it, until there is a new proof', async () => {
    using fixture = new FleetFixture(2);
    const [one, two] = [fixture.host(0), fixture.host(1)];
    await one.knock('ssh', A);
    await fixture.carry();
    await two.close('ssh', A);
    await one.cut();
    await one.heal();
    two.restart();
    await fixture.carry();
    assert.deepEqual([one.leases, two.leases], [[`ssh ${A}`], []]);
    await one.knock('ssh', A);
    await fixture.carry();
    assert.deepEqual(two.leases, [`ssh ${A}`]);
  });

  test('no lease lasts longer here than this door’s own time, however often it is repeated', async () => {
    const short = '[web]\nsequence = 7001\nopen = tcp/80\nopen_for = 60\nfleet = share, accept\n';
    using fixture = new FleetFixture(2, { doors: [undefined, short] });
    const [one, two] = [fixture.host(0), fixture.host(1)];
    await one.knock('web', A);
    await fixture.carry();
    assert.equal(two.left('web', A), 60_000);
    fixture.advance(40_000);
    await one.cut();
    await one.heal();
    await fixture.carry();
    assert.equal(two.left('web', A), 20_000);
    fixture.advance(21_000);
    await fixture.settled();
    await one.cut();
    await one.heal();
    await fixture.carry();
    assert.deepEqual([one.leases, two.leases], [[`web ${A}`], []]);
  });

  test('a standby that comes later, and a host that was away, have everything', async () => {
    using fixture = new FleetFixture(3);
    const [one, two, three] = [fixture.host(0), fixture.host(1), fixture.host(2)];
    for (let n = 0; n < 100; n++) await one.knock('ssh', source(n));
    await one.carry(fixture.engine);
    await one.close('ssh', source(7));
    await one.carry(fixture.engine);
    await three.carry(fixture.engine);
    assert.deepEqual(three.leases, one.leases);
    assert.equal(three.leases.length, 99);
    await two.carry(fixture.engine);
    // Cut off: each serves its own knocks, and tells of them afterwards with the rest that is left.
    await two.cut();
    await two.knock('ssh', B);
    await two.knock('web', A);
    await one.close('ssh', source(8));
    fixture.advance(30_000);
    await two.heal();
    await fixture.carry();
    for (const host of fixture.hosts) {
      assert.deepEqual(host.leases, one.leases, host.name);
      assert.equal(host.left('ssh', B), 30_000, host.name);
      assert.equal(host.left('web', A), 570_000, host.name);
    }
  });

  test('a host that died has its leases again, and takes none twice', async () => {
    using fixture = new FleetFixture(2);
    const [one, two] = [fixture.host(0), fixture.host(1)];
    await one.knock('web', A);
    await two.knock('web', B);
    await fixture.carry();
    await one.close('web', A);
    two.restart();
    one.restart();
    await fixture.carry();
    assert.deepEqual([one.leases, two.leases], [[`web ${B}`], [`web ${B}`]]);
    // An engine that was restored, or an attacker, delivers everything once more.
    const before = two.events.filter(({ kind }) => kind === 'lease-opened').length;
    for (const { bytes, at } of fixture.engine.stream) await two.inject(bytes, fixture.clock.day - at);
    assert.deepEqual(two.leases, [`web ${B}`]);
    assert.equal(two.events.filter(({ kind }) => kind === 'lease-opened').length, before);
  });

  test('an unconfirmed record is sent again with the remaining time', async () => {
    using fixture = new FleetFixture(2);
    const [one, two] = [fixture.host(0), fixture.host(1)];
    await one.carry(fixture.engine, { keeps: false });
    await one.knock('ssh', A);
    await one.settle();
    // It went into a dead socket: nobody has it.
    fixture.engine.trim();
    await one.cut();
    fixture.advance(45_000);
    await one.heal();
    await one.carry(fixture.engine);
    await two.carry(fixture.engine);
    assert.equal(two.left('ssh', A), 15_000);
  });

  test('a host that was stopped in order has again what is open elsewhere, its own leases too', async () => {
    using fixture = new FleetFixture(2);
    const [one, two] = [fixture.host(0), fixture.host(1)];
    await one.knock('web', A);
    await two.knock('web', B);
    await one.knock('ssh', B);
    await fixture.carry();
    await one.close('ssh', B);
    await fixture.carry();
    fixture.advance(5000);
    await two.restartInOrder();
    assert.deepEqual([one.leases, two.leases], [[`web ${A}`, `web ${B}`], []]);
    await fixture.carry();
    await fixture.settled();
    await fixture.carry();
    assert.deepEqual(two.leases, one.leases);
    assert.deepEqual([two.left('web', A), two.left('web', B)], [595_000, 595_000]);
    // What it has told before it told in its own name: it ends it for all.
    await two.close('web', B);
    await fixture.carry();
    assert.deepEqual([one.leases, two.leases], [[`web ${A}`], [`web ${A}`]]);
  });

  test('openings and ends that an engine loses after it has confirmed them are sent again', async () => {
    using fixture = new FleetFixture(2);
    const [one, two] = [fixture.host(0), fixture.host(1)];
    await one.knock('ssh', A);
    await fixture.carry();
    await one.close('ssh', A);
    await one.knock('web', B);
    await one.carry(fixture.engine);
    assert.equal(one.fleet.status.counts.waiting, 0, 'all is confirmed');
    fixture.engine.lose(2);
    for (const host of fixture.hosts) await host.cut();
    for (const host of fixture.hosts) await host.heal();
    await fixture.carry();
    assert.deepEqual([one.leases, two.leases], [[`web ${B}`], [`web ${B}`]]);
  });

  test('clocks that differ within the tolerance shorten a lease at most; hours apart nothing is shared', async () => {
    const behind = new HandClock();
    const wrong = new HandClock();
    behind.day -= 40_000;
    wrong.day += 7_200_000;
    using fixture = new FleetFixture(3, { clocks: [undefined, behind, wrong] });
    const [one, two, three] = [fixture.host(0), fixture.host(1), fixture.host(2)];
    await one.knock('ssh', A);
    await two.knock('ssh', B);
    await fixture.carry();
    assert.equal(two.left('ssh', A), 60_000);
    assert.equal(one.left('ssh', B), 20_000);
    assert.deepEqual(three.leases, []);
    assert.match(told(three).join('\n'), /member gw1, 7200 s apart: the clocks are further apart/);
    assert.equal(
      three.fleet.status.members.find(({ name }) => name === 'gw1')?.refusal?.why.includes('clocks'),
      true,
    );
  });

  test('bans reach all, and those who come later; only who made one lifts it', async () => {
    using fixture = new FleetFixture(3);
    const [one, two, three] = [fixture.host(0), fixture.host(1), fixture.host(2)];
    const [net, address, own] = ['203.0.113.0/24', '198.51.100.9', '192.0.2.1'].map(prefixOf);
    assert.ok(net !== undefined && address !== undefined && own !== undefined);
    await two.knock('ssh', source(3));
    await two.carry(fixture.engine);
    await one.carry(fixture.engine);
    one.bans.ban(net, undefined);
    one.bans.ban(address, millis(60_000));
    one.bans.ban(prefixOf('10.0.0.0/8'), undefined);
    one.bans.ban(prefixOf('198.51.0.4/32'), undefined);
    two.bans.ban(own, undefined);
    one.bans.ban(own, undefined);
    await two.carry(fixture.engine);
    await one.carry(fixture.engine);
    await two.carry(fixture.engine);
    assert.deepEqual(
      two.bans.list().map(({ prefix: { base } }) => base),
      ['192.0.2.1', '203.0.113.0', '198.51.100.9', '198.51.0.4'],
    );
    assert.deepEqual([one.leases, two.leases], [[], []], 'whoever is banned is put out');
    assert.match(told(two).join('\n'), /10\.0\.0\.0\/8: the prefix is too wide/);
    // The stream has been trimmed by the time that the third comes.
    fixture.engine.trim();
    fixture.advance(20_000);
    await three.carry(fixture.engine);
    assert.equal(three.bans.list().length, 4);
    assert.equal(
      three.bans.list().find(({ until }) => until !== undefined)?.until,
      fixture.clock.day + 40_000,
    );
    one.bans.unban(net);
    one.bans.unban(own);
    await fixture.carry();
    const has = (host: FleetHostFixture, base: string) =>
      host.bans.list().some(({ prefix }) => prefix.base === base);
    assert.deepEqual([has(two, '203.0.113.0'), has(three, '203.0.113.0')], [false, false]);
    // Two has banned it as well; at one its own operator has the last word, whatever two repeats.
    await two.cut();
    await two.heal();
    await fixture.carry();
    assert.deepEqual([has(two, '192.0.2.1'), has(one, '192.0.2.1')], [true, false]);
  });

  test('of a ban and its end that the engine has not confirmed, the end is what those who come later find', async () => {
    using fixture = new FleetFixture(2);
    const [one, two] = [fixture.host(0), fixture.host(1)];
    const net = prefixOf('203.0.113.0/24');
    await one.carry(fixture.engine, { keeps: false });
    one.bans.ban(net, undefined);
    await one.settle();
    one.bans.unban(net);
    await one.settle();
    fixture.engine.trim();
    fixture.engine.bans.clear();
    await one.cut();
    await one.heal();
    await one.settle();
    await two.carry(fixture.engine);
    assert.deepEqual([...fixture.engine.bans.keys()], ['gw1/203.0.113.0/24']);
    assert.deepEqual(two.bans.list(), []);
  });

  const many = repeats('BUSSA_FLEET_LEASES', { quick: 2000, full: 10_000 });
  test(`${many} leases at once are at the others with few records`, async () => {
    using fixture = new FleetFixture(2);
    const [one, two] = [fixture.host(0), fixture.host(1)];
    await one.carry(fixture.engine);
    // So `one` repeats its leases for `two` at once, and not a second later, amidst the burst.
    fixture.advance(1000);
    await fixture.carry();
    const before = fixture.engine.stream.length;
    await Promise.all(Array.from({ length: many }, (_, n) => one.knock('web', source(n))));
    await fixture.carry();
    for (let i = 0; i < 30 && two.leases.length < many; i++) await fixture.carry();
    assert.equal(two.leases.length, many);
    const records = fixture.engine.stream.length - before;
    assert.ok(records < many / 20 + 10, `${records} records`);
    assert.equal(one.fleet.status.counts.waiting, 0);
    assert.equal(one.fleet.status.counts.published, many);
    assert.equal(two.fleet.status.members[0]?.leases, many);
  });
});
