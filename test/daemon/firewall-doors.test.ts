import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { FirewallDoors } from '../../src/app/daemon/firewall/firewall-doors.ts';
import type { FirewallSettings } from '../../src/app/daemon/firewall/open-firewall.ts';
import type { Event } from '../../src/core/event/event.ts';
import type { Lease, LeaseId } from '../../src/core/lease/lease.ts';
import { type Address, parseAddress } from '../../src/core/net/address.ts';
import { instant, millis } from '../../src/core/net/time.ts';
import { FirewallError } from '../../src/host/firewall/contract/firewall.ts';
import { gate } from '../lab/example-gates.ts';
import { HandClock } from './keeper-fixture.ts';
import { MemoryFirewall } from './memory-firewall.ts';

const GATES = [gate('ssh', 'tcp/22'), gate('once', 'tcp/23', true)];
const MINUTE = 60_000;
const address = (text: string): Address => parseAddress(text) ?? assert.fail(text);

/** Doors whose firewalls are tables of this process: `nftables`, and `iptables`, which can be made to be missing. */
class Fixture {
  readonly clock = new HandClock();
  readonly leases: Lease[] = [];
  readonly events: Event[] = [];
  readonly nftables: MemoryFirewall;
  readonly iptables = new MemoryFirewall('the one of iptables');
  isMissing = false;
  /** Whether `auto` finds that one. */
  opensIptables = false;
  isOutdated = async (): Promise<boolean> => false;
  leftovers: readonly string[] = [];
  readonly doors: FirewallDoors;

  constructor(longest = Number.POSITIVE_INFINITY) {
    this.nftables = new MemoryFirewall('the one of nftables', millis(longest));
    this.doors = new FirewallDoors({
      openFirewall: async ({ firewall }: FirewallSettings) => {
        if (firewall === 'iptables' && this.isMissing) throw new FirewallError('no iptables here');
        const removeOthers = async (): Promise<readonly string[]> => this.leftovers;
        return {
          firewall: firewall === 'iptables' || this.opensIptables ? this.iptables : this.nftables,
          why: 'told so',
          removeOthers,
          isOutdated: () => this.isOutdated(),
        };
      },
      clock: this.clock,
      leases: () => this.leases,
      report: (event) => this.events.push(event),
    });
  }

  lease(source: string, length = MINUTE, door = 'ssh'): Lease {
    const opened = { ports: gate(door, 'tcp/22').ports, singleUse: door === 'once' };
    const since = this.clock.sinceBoot();
    const lease = {
      ...{
        id: `${door} ${source}` as LeaseId,
        door,
        source: address(source),
        stop: '',
        state: 'open',
        since,
      },
      ...{ due: instant(since + length), opened: { ...opened, hold: false, closeKills: false } },
    } as const satisfies Lease;
    this.leases.push(lease);
    return lease;
  }

  texts(kind: 'warning' | 'error'): string[] {
    return this.events.flatMap((event) => (event.kind === kind ? [event.text] : []));
  }
}

/** Until everything that has been asked for is done. */
const settled = (doors: FirewallDoors): Promise<void> =>
  doors.close({ door: 'ssh', source: address('192.0.2.99') } as Lease);

describe('doors in the firewall', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
  afterEach(() => mock.timers.reset());

  describe('openings', () => {
    test('of one turn are one transaction, a single one is not held up, and closings keep their place', async () => {
      const bench = new Fixture();
      await bench.doors.install(GATES, {});
      await bench.doors.open(bench.lease('192.0.2.1'));
      const sources = ['192.0.2.2', '192.0.2.3', '192.0.2.4'];
      const leases = sources.map((source) => bench.lease(source));
      const [first = assert.fail()] = leases;
      const asked = leases.map((lease) => bench.doors.open(lease));
      asked.push(bench.doors.close(first), bench.doors.open(bench.lease('192.0.2.5')));
      await Promise.all(asked);
      assert.deepEqual(bench.nftables.calls, [
        'install',
        'grant 192.0.2.1',
        'grant 3 at once',
        'revoke 192.0.2.2',
        'grant 192.0.2.5',
      ]);
      assert.deepEqual(
        [...bench.nftables.open.keys()],
        ['192.0.2.1', '192.0.2.3', '192.0.2.4', '192.0.2.5'].map((source) => `ssh ${source}`),
      );
    });

    test('asked for while others are on their way are the next transaction', async () => {
      const bench = new Fixture();
      await bench.doors.install(GATES, {});
      const first = bench.doors.open(bench.lease('192.0.2.1'));
      const later = Promise.resolve().then(() =>
        Promise.all(['192.0.2.2', '192.0.2.3'].map((source) => bench.doors.open(bench.lease(source)))),
      );
      await Promise.all([first, later]);
      assert.deepEqual(bench.nftables.calls.slice(1), ['grant 192.0.2.1', 'grant 2 at once']);
    });

    test('one that cannot be done fails alone', async () => {
      const bench = new Fixture();
      await bench.doors.install(GATES, {});
      const good = ['192.0.2.1', '192.0.2.2'].map((source) => bench.doors.open(bench.lease(source)));
      const bad = bench.doors.open(bench.lease('192.0.2.3', MINUTE, 'nowhere'));
      await assert.rejects(bad, /nowhere has no rules to open for 192\.0\.2\.3/);
      await Promise.all(good);
      assert.deepEqual([...bench.nftables.open.keys()], ['ssh 192.0.2.1', 'ssh 192.0.2.2']);
    });

    test('refused because the rules were removed: they are restored at once, and the door opens', async () => {
      const bench = new Fixture();
      await bench.doors.install(GATES, {});
      bench.nftables.gates = undefined;
      await bench.doors.open(bench.lease('192.0.2.1'));
      bench.nftables.gates = undefined;
      const sources = ['192.0.2.2', '192.0.2.3'];
      await Promise.all(sources.map((source) => bench.doors.open(bench.lease(source, MINUTE, 'once'))));
      assert.deepEqual(bench.nftables.calls, [
        'install',
        'grant 192.0.2.1',
        'install 192.0.2.1',
        'grant 192.0.2.1',
        'grant 2 at once',
        // The single uses that wait are opened in their own turn.
        'install 192.0.2.1',
        'grant 2 at once',
      ]);
      assert.equal(bench.texts('warning').length, 2);
    });

    test('rules that are gone are put back before anybody asks whether the firewall is another one by now', async () => {
      const bench = new Fixture();
      await bench.doors.install(GATES, {});
      const asked = Promise.withResolvers<void>();
      const answer = Promise.withResolvers<boolean>();
      bench.isOutdated = () => {
        asked.resolve();
        return answer.promise;
      };
      bench.nftables.gates = undefined;
      bench.nftables.onChange();
      mock.timers.tick(100);
      await asked.promise;
      assert.deepEqual([...(bench.nftables.gates ?? [])], ['ssh', 'once']);
      answer.resolve(false);
      await settled(bench.doors);
      assert.match(
        bench.texts('warning').join('\n'),
        /^the one of nftables: .* missing or changed; restored$/,
      );
    });

    test('rules that are gone and cannot be put back, since the firewall is another one by now: that one', async () => {
      const bench = new Fixture();
      await bench.doors.install(GATES, {});
      bench.isOutdated = async () => true;
      bench.nftables.gates = undefined;
      bench.nftables.refusal = 'no such chain';
      bench.opensIptables = true;
      bench.nftables.onChange();
      mock.timers.tick(100);
      await settled(bench.doors);
      assert.deepEqual([...(bench.iptables.gates ?? [])], ['ssh', 'once']);
      assert.deepEqual(bench.texts('error'), []);
    });

    test('while the rules cannot be put back, openings fail and do not try it each time', async () => {
      const bench = new Fixture();
      await bench.doors.install(GATES, {});
      bench.nftables.gates = undefined;
      bench.nftables.refusal = 'no more room';
      await assert.rejects(bench.doors.open(bench.lease('192.0.2.1')), /ssh has no rules/);
      await assert.rejects(bench.doors.open(bench.lease('192.0.2.2')), /ssh has no rules/);
      assert.deepEqual(bench.nftables.calls, [
        'install',
        'grant 192.0.2.1',
        'install 192.0.2.1',
        'grant 192.0.2.2',
      ]);
      assert.match(bench.texts('error').join('\n'), /^the doors' ports: no more room; next try in 10 s$/);
      bench.nftables.refusal = undefined;
      bench.leases.length = 1;
      mock.timers.tick(10_000);
      await settled(bench.doors);
      assert.deepEqual(bench.nftables.calls.slice(4, 5), ['install 192.0.2.1']);
    });
  });

  test('a door that a reload has removed goes with its last lease', async () => {
    const bench = new Fixture();
    await bench.doors.install(GATES, {});
    const leases = ['192.0.2.1', '192.0.2.2'].map((source) => bench.lease(source));
    await Promise.all(leases.map((lease) => bench.doors.open(lease)));
    await bench.doors.install([gate('once', 'tcp/23', true)], {});
    assert.ok(bench.nftables.gates?.has('ssh'), 'its leases live');
    for (const [n, lease] of leases.entries()) {
      assert.ok(bench.nftables.gates?.has('ssh'), `${n} of its leases are over`);
      bench.leases.splice(bench.leases.indexOf(lease), 1);
      await bench.doors.close(lease);
    }
    assert.deepEqual([...(bench.nftables.gates ?? [])], ['once']);
    const { length } = bench.nftables.calls;
    await bench.doors.close(bench.lease('192.0.2.1', MINUTE, 'once'));
    assert.deepEqual(bench.nftables.calls.slice(length), ['revoke 192.0.2.1']);
  });

  test('a door that has no place in the firewall stays shut, and the others are there', async () => {
    const bench = new Fixture();
    bench.nftables.misfit = 'once';
    await bench.doors.install(GATES, {});
    assert.deepEqual([...(bench.nftables.gates ?? [])], ['ssh']);
    assert.deepEqual(bench.texts('error'), [
      'once has no place here; this door stays shut, the others are in place',
    ]);
    await bench.doors.open(bench.lease('192.0.2.1'));
    const once = bench.doors.open(bench.lease('192.0.2.1', MINUTE, 'once'));
    await assert.rejects(once, /once has no place here/);
    bench.nftables.misfit = undefined;
    await bench.doors.install(GATES, {});
    await bench.doors.open(bench.lease('192.0.2.2', MINUTE, 'once'));
    assert.equal(bench.texts('error').length, 1);
  });

  describe('another firewall', () => {
    test('at a reload: the new part stands with the leases before anything of the old one goes', async () => {
      const bench = new Fixture();
      await bench.doors.install(GATES, { firewall: 'nftables' });
      await bench.doors.open(bench.lease('192.0.2.1'));
      bench.leftovers = ['nftables, table inet bussa'];
      const before = bench.nftables.calls.length;
      await bench.doors.install(GATES, { firewall: 'iptables' });
      assert.deepEqual(bench.iptables.calls, ['install 192.0.2.1']);
      assert.deepEqual(bench.nftables.calls.slice(before), ['unwatch', 'close']);
      assert.match(
        bench.texts('warning').join('\n'),
        /^nftables, table inet bussa: removed Bussa's earlier rules$/,
      );
      await bench.doors.open(bench.lease('192.0.2.2'));
      assert.deepEqual(bench.iptables.calls.slice(1), ['grant 192.0.2.2']);
    });

    for (const failing of ['opened', 'installed'] as const) {
      test(`that cannot be ${failing}: the old one stays, with the new doors, and the log says so`, async () => {
        const bench = new Fixture();
        await bench.doors.install(GATES, { firewall: 'nftables' });
        if (failing === 'opened') bench.isMissing = true;
        else bench.iptables.refusal = 'no iptables here';
        await bench.doors.install([...GATES, gate('web', 'tcp/80')], { firewall: 'iptables' });
        assert.deepEqual(bench.nftables.calls, ['install', 'install']);
        assert.ok(bench.nftables.gates?.has('web'));
        assert.match(
          bench.texts('error').join('\n'),
          /no iptables here; the one of nftables stays in use until a reload/,
        );
        bench.isMissing = false;
        bench.iptables.refusal = undefined;
        await bench.doors.install(GATES, { firewall: 'iptables' });
        assert.equal(bench.iptables.calls.at(-1), 'install');
        assert.equal(bench.nftables.calls.at(-1), 'close');
      });
    }
  });

  test('if it is unknown whether a single use was spent, the log asks for a new knock', async () => {
    const bench = new Fixture();
    const { door, source } = bench.lease('192.0.2.1', MINUTE, 'once');
    bench.nftables.unknown = [{ door, source, left: millis(1) }];
    await bench.doors.install(GATES, {});
    assert.deepEqual(bench.nftables.calls, ['install 192.0.2.1']);
    assert.match(bench.texts('warning').join('\n'), /^192\.0\.2\.1: once: .*; closed, knock again$/);
  });

  test('leases that are longer than the kernel’s longest timeout are renewed before it ends them', async () => {
    const bench = new Fixture(1000);
    await bench.doors.install(GATES, {});
    await bench.doors.open(bench.lease('192.0.2.1', 2000));
    const { calls, open } = bench.nftables;
    const lefts = [open.get('ssh 192.0.2.1')];
    for (let step = 1; step <= 8; step++) {
      bench.clock.advance(250);
      mock.timers.tick(250);
      await settled(bench.doors);
      lefts.push(open.get('ssh 192.0.2.1'));
    }
    // Once what is left is less than the kernel counts, by far, it is left to the kernel.
    assert.deepEqual(lefts, [2000, 1750, 1500, 1250, 1000, 750, 500, 500, 500]);
    assert.equal(calls.filter((call) => call.startsWith('install 192')).length, 6);
  });
});
