// The trial of `bussa up --confirm`, over a firewall in memory: who may still confirm, and what waits for it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LockoutGuard } from '../../src/app/daemon/lockout-guard/lockout-guard.ts';
import type { Event } from '../../src/core/event/event.ts';
import { millis } from '../../src/core/net/time.ts';
import { parsePorts } from '../contract/stored-lease.ts';
import { HandClock } from './keeper-fixture.ts';
import { MemoryFirewall } from './memory-firewall.ts';

const LIMIT = millis(60_000);

/** A guard whose ports nobody is connected to, with its doors in place. */
function onTrial(): { guard: LockoutGuard; clock: HandClock; events: Event[] } & Disposable {
  const clock = new HandClock();
  const events: Event[] = [];
  const chosen = async () => ({
    firewall: new MemoryFirewall('memory'),
    why: '',
    removeOthers: async () => [],
    isOutdated: async () => false,
  });
  const guard = new LockoutGuard(
    {
      options: { closeAnyway: false, confirmWithin: LIMIT, confirmCommand: 'bussa confirm' },
      directory: undefined,
      openFirewall: chosen,
      ownAddresses: () => [],
      clock,
      report: (event) => void events.push(event),
      request: () => ({ settings: {}, log: { useSyslog: false } }) as never,
    },
    [GATE],
    {},
  );
  guard.begin();
  return { guard, clock, events, [Symbol.dispose]: () => guard.end() };
}

const GATE = {
  door: 'ssh',
  ports: parsePorts('tcp/1'),
  singleUse: false,
  hold: false,
  closeKills: false,
} as never;

describe('a trial', () => {
  test('can be confirmed once, while its time runs', () => {
    using trial = onTrial();
    assert.equal(trial.guard.confirm(), true);
    assert.equal(trial.guard.isPending, false);
    assert.equal(trial.guard.confirm(), false);
    assert.equal(trial.events.filter(({ kind }) => kind === 'confirmed').length, 1);
  });

  test('cannot be confirmed any more when its time is over: the ports are being opened again', async () => {
    using trial = onTrial();
    trial.clock.advance(LIMIT);
    await trial.guard.unconfirmed;
    assert.equal(trial.guard.confirm(), false);
    assert.equal(trial.guard.isPending, true);
    assert.equal(
      trial.events.some(({ kind }) => kind === 'confirmed'),
      false,
    );
  });

  test('cannot be confirmed any more when the daemon begins to end', () => {
    using trial = onTrial();
    trial.guard.end();
    assert.equal(trial.guard.confirm(), false);
    assert.equal(trial.guard.isPending, true);
  });

  test('delays a reload until it is confirmed', async () => {
    using trial = onTrial();
    const [objection] = await trial.guard.judgeReload([GATE], {});
    assert.match(objection ?? '', /confirm/);
    trial.guard.confirm();
    assert.deepEqual(await trial.guard.judgeReload([GATE], {}), []);
  });
});
