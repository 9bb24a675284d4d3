/**
 * Three gateways, each with a daemon and a carrier, and a real engine with TLS and a user for each of them. Whatever happens to
 * the engine, to the network or to a host: local knocks open at once, afterwards all have the same leases, and nothing that
 * is over opens.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { repeats } from '../lab/effort.ts';
import type { LabEngine } from '../lab/engine.ts';
import { FleetFixture, type FleetHost } from './fleet-fixture.ts';
import { FleetKnocks } from './fleet-knocks.ts';
import { SettableClock } from './settable-clock.ts';

const DOORS = `[ssh]
  sequence = 7000,8000
  tcpflags = syn
  open     = tcp/22
  open_for = 600
  fleet    = share, accept
[brief]
  sequence = 7001,8001
  tcpflags = syn
  open     = tcp/23
  open_for = 8
  fleet    = share, accept
`;

const SSH = ['7000', '8000'];
const BRIEF = ['7001', '8001'];
/** Knocks whose way to the other hosts is timed. */
const TIMED = 15;

/** Knocks while something is wrong: each opens where it is knocked. */
const MANY = repeats('BUSSA_FLEET_KNOCKS', { quick: 9, full: 100 });

const STREAM = '{bussa:edge}:stream';

const OPENED = /: ssh: .*opened tcp\/22/g;

describe('a fleet of three gateways', () => {
  test('has the same leases whatever happens', async (t) => {
    await using stage = await FleetFixture.create({ doors: DOORS });
    const { engine, net } = stage;
    const [a, b, c] = stage.hosts as [FleetHost, FleetHost, FleetHost];
    const knocks = new FleetKnocks(stage, 'ssh', SSH);
    const same = (): Promise<void> => knocks.same();
    await stage.start();

    await t.test('a knock at one of them opens the others', async (sub) => {
      await knocks.send(6);
      await same();
      sub.diagnostic(
        `after ${await medianDelay(stage, knocks)} ms at the others, from one log line to the other`,
      );
    });

    await t.test('an order closes everywhere, a ban too', async () => {
      const [first = '', second = ''] = knocks.open.splice(0, 2);
      await b.bussa('close', '--fleet', 'ssh', first);
      await a.bussa('ban', second);
      await same();
      await a.bussa('unban', second);
      await same();
    });

    await t.test('the engine dies and comes back', async () => {
      await knocks.send(3);
      await engine.kill();
      await knocks.send(MANY);
      for (const { daemon } of stage.hosts) await daemon.saw(/fleet: no connection to the engine/);
      await engine.restart();
      await same();
    });

    await t.test('a host is cut off: what is over in the meantime opens nowhere', async () => {
      const before = b.daemon.count(/fleet: no connection to the engine/g);
      await net.cut(1);
      await knocks.send(MANY);
      const brief = knocks.source();
      await stage.knockAt(a, brief, BRIEF);
      await a.daemon.saw(new RegExp(`${brief}: brief: opened`));
      const closed = knocks.open.shift() ?? '';
      await a.bussa('close', '--fleet', 'ssh', closed);
      await b.daemon.saw(/fleet: no connection to the engine/, before + 1);
      await delay(1000 * repeats('BUSSA_CUT_SECONDS', { quick: 0, full: 60 }));
      await a.daemon.saw(new RegExp(`${brief}: brief: closed`));
      await net.heal(1);
      await same();
      assert.doesNotMatch(b.daemon.output, new RegExp(`${brief}: brief`));
    });

    await t.test('an engine that takes its time loses nothing, and no host waits for it', async () => {
      const lost = stage.count(/fleet: no connection/g);
      const slow = new AbortController();
      const slowing = slowDown(engine, slow.signal);
      await knocks.send(9);
      await same();
      slow.abort();
      await slowing;
      assert.equal(stage.count(/fleet: no connection/g), lost, 'it has answered in time');
    });

    await t.test('what the engine has held back opens for what is left, and not after its time', async () => {
      await b.carrier.stop('SIGKILL');
      const connected = b.daemon.count(/fleet: connected to the engine/g);
      const held = async (ports: readonly string[], door: string): Promise<string> => {
        const source = knocks.source();
        await stage.knockAt(a, source, ports);
        await c.daemon.saw(new RegExp(`${source}: ${door}: .*opened`));
        await engine.order('EVAL', HOLD_BACK, '2', STREAM, `held-${door}`);
        return source;
      };
      const [brief, long] = [await held(BRIEF, 'brief'), await held(SSH, 'ssh')];
      b.startCarrier();
      await b.connected(connected + 1);
      assert.doesNotMatch(b.daemon.output, new RegExp(`${brief}|${long}`));
      await engine.order('EVAL', LET_GO, '2', STREAM, 'held-ssh');
      knocks.open.push(long);
      await same();
      const [there, here] = [await a.leases(), await b.leases()].map((one) => one.get(`ssh ${long}`) ?? 0);
      assert.ok((here ?? 0) <= (there ?? 0) + 1, `${here} of ${there}`);
      await a.daemon.saw(new RegExp(`${brief}: brief: closed`));
      await engine.order('EVAL', LET_GO, '2', STREAM, 'held-brief');
      await knocks.send(3);
      await same();
      assert.doesNotMatch(b.daemon.output, new RegExp(`${brief}: brief: .*opened`));
    });

    await t.test(
      'records sent again, in another order, altered and in other names change nothing',
      async () => {
        await knocks.send(3);
        await same();
        const before = stage.count(OPENED);
        await engine.order('EVAL', REPLAY, '1', STREAM);
        await engine.order('EVAL', ALTER, '1', STREAM);
        // What comes behind them has been read after them.
        await knocks.send(3);
        await same();
        assert.equal(stage.count(OPENED), before + 9, 'none twice');
      },
    );

    await t.test('an older state of the engine comes back', async () => {
      const restore = engine.backup();
      await knocks.send(3);
      await same();
      await engine.kill();
      restore();
      await engine.restart();
      await knocks.send(3);
      await same();
    });

    await t.test('the engine forgets everything', async () => {
      await engine.order('FLUSHALL');
      await knocks.send(3);
      await same();
    });

    await t.test('the engine hangs, and goes on', async () => {
      process.kill(engine.pid, 'SIGSTOP');
      await knocks.send(6);
      const brief = knocks.source();
      await stage.knockAt(a, brief, BRIEF);
      await a.daemon.saw(new RegExp(`${brief}: brief: closed`));
      process.kill(engine.pid, 'SIGCONT');
      await same();
      for (const { daemon } of [b, c])
        assert.doesNotMatch(daemon.output, new RegExp(`${brief}: brief: .*opened`));
    });

    await t.test('a daemon dies, and comes back without its state', async () => {
      await c.daemon.stop('SIGKILL');
      c.forget();
      await knocks.send(2, [a, b]);
      await c.startDaemon();
      await c.connected();
      await same();
    });

    await t.test('a clock is hours wrong, and is set right', async () => {
      const clock = new SettableClock(c.directory);
      clock.set('+3h');
      await c.daemon.stop('SIGKILL');
      await c.startDaemon(clock.prefix);
      await c.connected();
      // Each opens where it is knocked.
      await knocks.send(6);
      clock.set('+0');
      await c.carrier.stop('SIGKILL');
      c.startCarrier();
      await c.connected(2);
      await same();
    });
  });
});

/** From the line of an opening at one host to that at another, as the test hears of them. Median of some knocks. */
async function medianDelay(stage: FleetFixture, knocks: FleetKnocks): Promise<string> {
  const [a, b, c] = stage.hosts as [FleetHost, FleetHost, FleetHost];
  const delays: number[] = [];
  for (let n = 0; n < TIMED; n++) {
    const source = knocks.source();
    const line = new RegExp(`${source.replaceAll('.', '\\.')}: ssh: .*opened tcp/22`);
    const seen = [a, b, c].map(async ({ daemon }) => {
      await daemon.saw(line);
      return performance.now();
    });
    await stage.knockAt(a, source, SSH);
    const [first = 0, ...others] = await Promise.all(seen);
    delays.push(...others.map((at) => at - first));
    knocks.open.push(source);
  }
  return (delays.sort((x, y) => x - y)[TIMED] ?? 0).toFixed(1);
}

/** Each answer of the engine takes half a second, until it is told otherwise. */
async function slowDown(engine: LabEngine, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await engine.order('EVAL', BUSY, '0');
    await delay(20);
  }
}

const BUSY = `local from = redis.call('TIME')
repeat local now = redis.call('TIME') until (now[1] - from[1]) * 1000000 + now[2] - from[2] > 500000`;

/** Takes the last entry away, and keeps it. */
const HOLD_BACK = `local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
redis.call('XADD', KEYS[2], '*', unpack(last[2]))
redis.call('XDEL', KEYS[1], last[1])`;

const LET_GO = `local all = redis.call('XRANGE', KEYS[2], '-', '+')
for i = 1, #all do redis.call('XADD', KEYS[1], '*', unpack(all[i][2])) end`;

/** Everything once more, from the last to the first. */
const REPLAY = `local all = redis.call('XRANGE', KEYS[1], '-', '+')
for i = #all, 1, -1 do redis.call('XADD', KEYS[1], '*', unpack(all[i][2])) end`;

/** Everything once more, with another byte at another place in each. */
const ALTER = `local all = redis.call('XRANGE', KEYS[1], '-', '+')
for i = 1, #all do
  local fields = all[i][2]
  for f = 2, #fields, 2 do
    local at = (i * 7) % #fields[f] + 1
    local byte = (string.byte(fields[f], at) + 1) % 256
    fields[f] = string.sub(fields[f], 1, at - 1) .. string.char(byte) .. string.sub(fields[f], at + 1)
  end
  redis.call('XADD', KEYS[1], '*', unpack(fields))
end`;
