/** What happens is told once, and reaches the log, the counters and the hooks alike. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Control } from '../../src/app/daemon/control/control.ts';
import { DaemonCounters } from '../../src/app/daemon/reporting/daemon-counters.ts';
import { EventLog } from '../../src/app/daemon/reporting/event-log.ts';
import { Feed } from '../../src/app/daemon/reporting/feed.ts';
import { Hooks } from '../../src/app/daemon/reporting/hooks.ts';
import { Reports } from '../../src/app/daemon/reporting/reports.ts';
import { parseConfig } from '../../src/core/config/file/parse-config.ts';
import type { Event } from '../../src/core/event/event.ts';
import { instant } from '../../src/core/net/time.ts';
import { askControl } from '../../src/host/control/control-client.ts';
import type { ControlVerbs } from '../../src/host/control/control-verbs.ts';
import { openFileSink } from '../../src/host/log/file-sink.ts';
import type { LogSink } from '../../src/host/log/log-sink.ts';
import { HookRunner } from '../../src/host/process/hook-runner.ts';
import { Scratch } from '../lab/child-module.ts';
import { address } from '../unit/attempt/knocks.ts';

const NO_TERMINAL: LogSink = { write: () => undefined, close: () => undefined };
const about = { source: address('192.0.2.7'), door: 'ssh' } as const;

/** Reports with a log file, and hooks that write down what they are told. */
function open(scratch: Scratch) {
  const told = scratch.file('told');
  const hook = `sh: echo "$BUSSA_EVENT $BUSSA_DOOR $BUSSA_IP [$BUSSA_PORTS] $BUSSA_USER" >> ${told}`;
  const text = `[options]\n on_start = ${hook}\n on_stop = ${hook}\n on_open = ${hook}\n on_close = ${hook}\n on_refused = ${hook}\n[ssh]\n sequence = 7000\n`;
  const result = parseConfig('test', new TextEncoder().encode(text));
  assert.ok(result.kind === 'ok');
  const log = new EventLog(
    { log: [openFileSink(scratch.file('log'), 'text')], terminal: NO_TERMINAL },
    { debug: false },
  );
  const reports = new Reports(log, new DaemonCounters(() => instant(0)), new Feed(() => instant(0)));
  reports.followDoors(result.config.doors);
  const hooks = new Hooks(result.config, new HookRunner(undefined), reports.report);
  reports.subscribe({ onEvent: (event) => hooks.onEvent(event) });
  return { reports, hooks, told };
}

type Expected = {
  readonly event: Event;
  readonly line?: RegExp;
  readonly counted?: 'opened' | 'closed' | 'refused';
  readonly hook?: string;
};

const EXPECTED: readonly Expected[] = [
  {
    event: { kind: 'refused', ...about, reason: 'it is full', ports: 'tcp/22', user: 'alice', proof: 'key' },
    line: /192\.0\.2\.7: ssh: .*it is full/,
    counted: 'refused',
    hook: 'refused ssh 192.0.2.7 [tcp/22] alice',
  },
  {
    event: { kind: 'lease-opened', ...about, ports: 'tcp/22', until: instant(60_000) },
    counted: 'opened',
    hook: 'open ssh 192.0.2.7 [tcp/22] ',
  },
  {
    event: { kind: 'lease-closed', ...about, ports: '' },
    counted: 'closed',
    hook: 'close ssh 192.0.2.7 [] ',
  },
  { event: { kind: 'opened', ...about, ports: 'tcp/22', seconds: 60 }, line: /opened tcp\/22 for 60 s/ },
  { event: { kind: 'started' }, hook: 'start   [] ' },
  { event: { kind: 'ending' }, hook: 'stop   [] ' },
];

describe('the single channel of reports', () => {
  for (const { event, line, counted, hook } of EXPECTED) {
    test(`${event.kind} reaches each subscriber that it concerns once, and no other`, async () => {
      using scratch = new Scratch();
      const { reports, hooks, told } = open(scratch);
      reports.report(event);
      await hooks.settle();
      await reports.close();
      const lines = readFileSync(scratch.file('log'), 'utf8').split('\n').filter(Boolean);
      assert.equal(lines.length, line === undefined ? 0 : 1, lines.join('\n'));
      if (line !== undefined) assert.match(lines[0] ?? '', line);
      const { counts } = reports.counters;
      const ofDoor = reports.counters.countsOf('ssh');
      for (const one of ['opened', 'closed', 'refused'] as const) {
        assert.equal(counts[one], one === counted ? 1 : 0, one);
        assert.equal(ofDoor[one], one === counted ? 1 : 0, `${one} of the door`);
      }
      const ran = existsSync(told) ? readFileSync(told, 'utf8') : '';
      assert.equal(ran, hook === undefined ? '' : `${hook}\n`);
    });
  }

  test('what there is to say of a hook that fails is said before the hooks are settled', async () => {
    using scratch = new Scratch();
    const { reports } = open(scratch);
    const text = '[options]\n on_stop = /bin/false\n[ssh]\n sequence = 7000\n';
    const result = parseConfig('test', new TextEncoder().encode(text));
    assert.ok(result.kind === 'ok');
    const hooks = new Hooks(result.config, new HookRunner(undefined), reports.report);
    hooks.onEvent({ kind: 'ending' });
    await hooks.settle();
    assert.match(reports.counters.lastError?.text ?? '', /on_stop returned non-zero status code \(1\)/);
    await reports.close();
  });
});

test('the control socket is there when the ports close, and answers when the daemon is whole', async () => {
  using scratch = new Scratch();
  const control = new Control({
    directory: scratch.path,
    guard: undefined,
    version: '1',
    verbs: {} as Omit<ControlVerbs, 'ping' | 'confirm'>,
    report: (event) => assert.fail(JSON.stringify(event)),
    isAlone: () => true,
  });
  await control.open(false);
  let answered: unknown;
  const asked = askControl(`${scratch.path}/control`, { verb: 'ping' }).then((answer) => {
    answered = answer;
  });
  // In one process an answer is there after a few turns of the loop.
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
  assert.equal(answered, undefined, 'answered before the daemon stands');
  control.answer();
  await asked;
  assert.deepEqual(answered, { ok: true, protocol: 1, version: '1' });
  control.close();
});

test('a step of a knock is in the log before what the knock has caused, whatever is reported next, and before the end', async () => {
  using scratch = new Scratch();
  const { reports } = open(scratch);
  const step = (stage: number): void =>
    reports.hold({ event: { kind: 'stage', ...about, stage }, isWritten: true, feed: undefined });
  const log = (): readonly string[] =>
    readFileSync(scratch.file('log'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.replace(/^\[.*?\] /, '').replace(/.*: (?=Stage|not opened)/, ''));
  step(1);
  reports.report({ kind: 'refused', ...about, reason: 'it is full', ports: 'tcp/22' });
  step(2);
  reports.write({ kind: 'warning', text: 'a line' });
  assert.deepEqual(log(), ['Stage 1', 'not opened: it is full', 'Stage 2', 'a line']);
  step(3);
  await reports.close();
  assert.equal(log().at(-1), 'Stage 3');
});
