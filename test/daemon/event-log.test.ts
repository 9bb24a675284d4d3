import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EventLog } from '../../src/app/daemon/reporting/event-log.ts';
import { NameLookup } from '../../src/app/daemon/reporting/name-lookup.ts';
import type { LogEvent } from '../../src/core/event/event.ts';
import { type Address, parseAddress } from '../../src/core/net/address.ts';
import type { LogSink } from '../../src/host/log/log-sink.ts';

/** Keeps what is written to it. */
class KeptLines implements LogSink {
  readonly lines: string[] = [];
  closed = false;

  write(level: string, line: string): void {
    assert.equal(this.closed, false, `after the close: ${line}`);
    this.lines.push(`${level} ${line}`);
  }

  close(): void {
    this.closed = true;
  }
}

/** Answers when it is told to; an address that is not asked for has no name. */
class NamesAtWill extends NameLookup {
  readonly answers = new Map<Address, PromiseWithResolvers<string | undefined>>();

  override lookUp(address: Address): Promise<string | undefined> | undefined {
    return this.answers.get(address)?.promise;
  }
}

const source = (text: string): Address => parseAddress(text) as Address;
const A = source('192.0.2.1');
const B = source('192.0.2.2');

const stage = (from: Address, door = 'door'): LogEvent => ({ kind: 'stage', source: from, door, stage: 1 });

function open(options: { debug?: boolean; names?: NameLookup } = {}): {
  log: EventLog;
  file: KeptLines;
  terminal: KeptLines;
} {
  const file = new KeptLines();
  const terminal = new KeptLines();
  const { debug = false, names } = options;
  const log = new EventLog({ log: [file], terminal }, { debug, ...(names === undefined ? {} : { names }) });
  return { log, file, terminal };
}

describe('the log of events', () => {
  test('each event is a line in the file and on the terminal; the first and last lines differ on the terminal', async () => {
    const { log, file, terminal } = open();
    log.write({ kind: 'listening', on: 'eth0' });
    log.write(stage(A));
    log.write({ kind: 'error', text: 'wrong' });
    log.write({ kind: 'stopping' });
    await log.close();
    const middle = ['notice 192.0.2.1: door: Stage 1', 'error wrong'];
    assert.deepEqual(file.lines, [
      'notice starting up, listening on eth0',
      ...middle,
      'notice shutting down',
    ]);
    assert.deepEqual(terminal.lines, ['notice listening on eth0...', ...middle, 'notice closing...']);
    assert.deepEqual([file.closed, terminal.closed], [true, true]);
  });

  test('what is for debugging is shown on the terminal alone, and only if it is asked for', async () => {
    const quiet = open();
    const loud = open({ debug: true });
    for (const { log } of [quiet, loud]) {
      log.write({ kind: 'debug', text: 'packet' });
      log.write({ kind: 'failed', source: A, door: 'door', stage: 2 });
      await log.close();
    }
    assert.deepEqual([quiet.file.lines, quiet.terminal.lines, loud.file.lines], [[], [], []]);
    assert.deepEqual(loud.terminal.lines, ['debug packet', 'debug 192.0.2.1: door: wrong knock (stage 2)']);
    assert.equal(quiet.log.admits('failed', 'x', 0), false);
    assert.equal(loud.log.admits('failed', 'x', 0), true);
  });

  test('a flood of one line: some of it, and at the end how many more', async () => {
    const { log, file } = open();
    for (let n = 0; n < 100_000; n++) log.write(stage(A));
    log.write(stage(B));
    await log.close();
    const written = file.lines.filter((line) => line.includes('192.0.2.1: door: Stage 1')).length - 1;
    assert.ok(written >= 20 && written < 100, `${written} written`);
    assert.equal(file.lines.at(-2), 'notice 192.0.2.2: door: Stage 1');
    assert.equal(
      file.lines.at(-1),
      `notice 192.0.2.1: door: Stage 1: ${100_000 - written} more lines like this were not written`,
    );
  });

  test('a flood of one kind from ever new sources: the same, and it delays no opening', async () => {
    const { log, file } = open();
    let admitted = 0;
    for (let n = 0; n < 50_000; n++) if (log.admits('stage', 'door: Stage', n / 100)) admitted++;
    assert.ok(admitted >= 500 && admitted < 1000, `${admitted} admitted`);
    assert.equal(log.admits('completed', 'door: OPEN SESAME', 500), true);
    await log.close();
    assert.deepEqual(file.lines, [
      `notice door: Stage: ${50_000 - admitted} more lines like this were not written`,
    ]);
  });

  test('a flood at many doors writes no more than one at two; lines about other things are still written', async () => {
    const { log, file } = open();
    let admitted = 0;
    const lasts = 100_000;
    for (let now = 0; now < lasts; now++) {
      for (let n = 0; n < 20; n++) if (log.admits('stage', `door ${n}: Stage`, now)) admitted++;
    }
    assert.ok(admitted > 3900 && admitted < 4100, `${admitted} lines of attempts in 100 s`);
    assert.equal(log.admits('refused', 'door 3: refused', lasts), true);
    assert.equal(log.admits('opened', 'door 3: opened', lasts), true);
    await log.close();
    assert.ok(file.lines.some((line) => /lines of all doors: \d+ more/.test(line)));
  });

  test('the count is said while it goes on, every ten seconds', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { log, file } = open();
    for (let n = 0; n < 1000; n++) log.write(stage(A));
    t.mock.timers.tick(9999);
    assert.doesNotMatch(file.lines.at(-1) ?? '', /more lines/);
    t.mock.timers.tick(1);
    assert.match(file.lines.at(-1) ?? '', /Stage 1: 9\d\d more lines like this were not written$/);
    for (let n = 0; n < 100; n++) log.write(stage(A));
    t.mock.timers.tick(10_000);
    assert.match(file.lines.at(-1) ?? '', /Stage 1: \d\d?\d? more lines like this were not written$/);
    await log.close();
    assert.equal(file.lines.filter((line) => line.includes('more lines')).length, 2);
  });

  test('a name that is slow to come delays its line, and those behind it keep their order', async () => {
    const names = new NamesAtWill();
    names.answers.set(A, Promise.withResolvers());
    names.answers.set(B, Promise.withResolvers());
    const { log, file } = open({ names });
    log.write({ kind: 'listening', on: 'eth0' });
    log.write(stage(A));
    log.write(stage(B));
    log.write({ kind: 'running', door: 'door', command: 'true' });
    names.answers.get(B)?.resolve('b.example');
    await new Promise(setImmediate);
    assert.equal(file.lines.length, 1, 'what comes before is not held up');
    names.answers.get(A)?.resolve(undefined);
    await new Promise(setImmediate);
    assert.deepEqual(file.lines.slice(1), [
      'notice 192.0.2.1: door: Stage 1',
      'notice 192.0.2.2 (b.example): door: Stage 1',
      'notice door: running command: true',
    ]);
    log.write({ kind: 'error', text: 'at once again' });
    assert.equal(file.lines.at(-1), 'error at once again');
    await log.close();
  });

  test('the close waits for the names, and for lines that have come in the meantime', async () => {
    const names = new NamesAtWill();
    const answer = Promise.withResolvers<string | undefined>();
    names.answers.set(A, answer);
    const { log, file } = open({ names });
    log.write(stage(A));
    const closing = log.close();
    log.write({ kind: 'error', text: 'late' });
    answer.resolve('a.example');
    await closing;
    assert.deepEqual(file.lines, ['notice 192.0.2.1 (a.example): door: Stage 1', 'error late']);
  });

  test('other sinks take over in the middle', async () => {
    const { log, file, terminal } = open();
    log.write({ kind: 'error', text: 'one' });
    const next = new KeptLines();
    log.replaceSinks({ log: [next], terminal });
    file.close();
    log.write({ kind: 'error', text: 'two' });
    await log.close();
    assert.deepEqual([file.lines, next.lines], [['error one'], ['error two']]);
  });
});
