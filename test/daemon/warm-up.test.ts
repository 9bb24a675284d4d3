// The warm-up takes the way of a real opening, and nothing of it is seen anywhere.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompletionAdmission } from '../../src/app/daemon/composition/completion-admission.ts';
import { FirewallDoors } from '../../src/app/daemon/firewall/firewall-doors.ts';
import { WarmUp } from '../../src/app/daemon/warm-up/warm-up.ts';
import type { Event } from '../../src/core/event/event.ts';
import { UserDirectory } from '../../src/core/users/user-directory.ts';
import { openSystemClock } from '../../src/host/clock/clock.ts';
import { nodeCiphers as ciphers } from '../../src/host/crypto/node-ciphers.ts';
import type { Firewall, Grant } from '../../src/host/firewall/contract/firewall.ts';
import { gate } from '../lab/example-gates.ts';
import { MemoryFirewall } from './memory-firewall.ts';

const ROUNDS = 5;

class RehearsingFirewall extends MemoryFirewall {
  readonly rehearsed: Grant[] = [];
  /** Called at each rehearsal. */
  onRehearsal: () => void = () => undefined;

  async rehearse(grant: Grant): Promise<void> {
    this.rehearsed.push(grant);
    this.onRehearsal();
  }
}

async function stage(firewall: Firewall, withKeys = true) {
  const clock = openSystemClock();
  const events: Event[] = [];
  const native = new FirewallDoors({
    openFirewall: async () => ({
      ...{ firewall, why: 'told so' },
      removeOthers: async () => [],
      isOutdated: async () => false,
    }),
    clock,
    leases: () => [],
    report: (event) => events.push(event),
  });
  await native.install([gate('ssh', 'tcp/22')], { firewall: 'nftables' });
  const secret = new Uint8Array(32).fill(7);
  const serverKey = { secret, public: ciphers.x25519Public(secret) };
  const authority = { users: new UserDirectory([]), serverKeys: [serverKey] as const };
  const rest = { inForce: undefined as never, watch: undefined as never, oneTime: undefined as never };
  const warmUp = new WarmUp({
    ...{ clock, native, askKernel: () => undefined },
    authority: () => (withKeys ? authority : undefined),
    admitTo: (keeper) => {
      const admission = new CompletionAdmission({ ...rest, keeper });
      return (completion, whyNot) => admission.admit(completion, whyNot);
    },
  });
  return { native, warmUp, events };
}

test('sequences and signed knocks go all the way to the firewall, one at a time, and open nothing', async () => {
  const firewall = new RehearsingFirewall('memory');
  const { warmUp, events } = await stage(firewall);
  const [before, calls] = [events.length, firewall.calls.length];
  await warmUp.run();
  assert.equal(firewall.rehearsed.length, 2 * ROUNDS);
  assert.equal(
    new Set(firewall.rehearsed.map(({ source }) => source)).size,
    2 * ROUNDS,
    'each a new opening',
  );
  assert.deepEqual([...firewall.open], []);
  assert.deepEqual(firewall.calls.slice(calls), []);
  assert.deepEqual(events.slice(before), []);
});

test('without a door that accepts keys no signed knock is rehearsed', async () => {
  const firewall = new RehearsingFirewall('memory');
  const { warmUp } = await stage(firewall, false);
  await warmUp.run();
  assert.equal(firewall.rehearsed.length, ROUNDS);
});

test('a firewall that cannot refuse without a trace is not asked', async () => {
  const firewall = new MemoryFirewall('memory');
  const { warmUp } = await stage(firewall);
  const calls = [...firewall.calls];
  await warmUp.run();
  assert.deepEqual(firewall.calls, calls);
});

test('a second warm-up beside the first does nothing; behind it, it runs again', async () => {
  const firewall = new RehearsingFirewall('memory');
  const { warmUp } = await stage(firewall, false);
  await Promise.all([warmUp.run(), warmUp.run()]);
  assert.equal(firewall.rehearsed.length, ROUNDS);
  await warmUp.run();
  assert.equal(firewall.rehearsed.length, 2 * ROUNDS);
});

test('where the daemon ends in its middle, it ends with the opening that is under way', async () => {
  const firewall = new RehearsingFirewall('memory');
  const { warmUp, native } = await stage(firewall);
  let ended: Promise<void> | undefined;
  firewall.onRehearsal = () => {
    warmUp.stop();
    ended = native.stop('open');
  };
  await warmUp.run();
  await ended;
  assert.equal(firewall.rehearsed.length, 1);
  assert.equal(firewall.calls.at(-1), 'close');
  await warmUp.run();
  assert.equal(firewall.rehearsed.length, 1, 'what has been closed is not used any more');
});
