// Text of others on its way to a log, a terminal, a database, an environment: it stays inside of its line.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { EventLog } from '../../../src/app/daemon/reporting/event-log.ts';
import { hookEnvironment } from '../../../src/core/door/hook.ts';
import type { LogEvent } from '../../../src/core/event/event.ts';
import type { LeaseId } from '../../../src/core/lease/lease.ts';
import type { Address } from '../../../src/core/net/address.ts';
import { instant, millis } from '../../../src/core/net/time.ts';
import { openFileSink } from '../../../src/host/log/file-sink.ts';
import type { LogSink } from '../../../src/host/log/log-sink.ts';
import { runHook } from '../../../src/host/process/run-hook.ts';
import { openSqliteLeaseStore } from '../../../src/host/store/sqlite-lease-store.ts';
import { judgeLine } from '../../fuzz/judge-line.ts';
import { repository } from '../../lab/scratch-clone.ts';

const source = '192.0.2.1' as Address;
const FORGERY = '\n[2026-01-01 00:00] 192.0.2.9: ssh: OPEN SESAME';
const ATTEMPTS: Readonly<Record<string, string>> = {
  'a new line': FORGERY,
  'a carriage return': `\r${FORGERY}`,
  'a cursor that goes up': '\u001b[1A\u001b[2Kforged',
  'a C1 control': '\u009b2Jforged',
  'a window title': '\u001b]0;forged\u0007',
  'turned writing': '\u202e\u2066forged\u2069',
  separators: '\u2028forged\u2029\u0085',
  'half a character': '\ud800 \udfff',
  'bytes that are no UTF-8': Buffer.from([0xff, 0x9b, 0x32, 0x4a, 0xc3]).toString('utf8'),
  NUL: 'a\0b',
  'a megabyte': 'x\u001b'.repeat(512 * 1024),
};

class Scratch implements Disposable {
  readonly directory = mkdtempSync(path.join(tmpdir(), 'bussa-forged-'));
  file(name: string): string {
    return path.join(this.directory, name);
  }
  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

describe('forged lines', () => {
  for (const [name, text] of Object.entries(ATTEMPTS)) {
    test(`${name}: one line in the log and on the terminal for each event`, async () => {
      using scratch = new Scratch();
      const terminal: string[] = [];
      const sink: LogSink = {
        write: (_, line) => void terminal.push(line),
        close: () => {},
      };
      const log = new EventLog(
        { log: [openFileSink(scratch.file('log'))], terminal: sink },
        { debug: false },
      );
      const events = eventsWith(text);
      for (const event of events) log.write(event);
      await log.close();
      const lines = readFileSync(scratch.file('log'), 'utf8').split('\n');
      assert.equal(lines.length - 1, events.length);
      for (const line of [...lines, ...terminal]) judgeLine(line);
      assert.equal(terminal.length, events.length);
    });

    test(`${name}: a row of the database is that row alone, and comes back as it was`, () => {
      using scratch = new Scratch();
      const store = openSqliteLeaseStore(scratch.file('leases.db'));
      const times = {
        since: instant(0),
        sinceWall: instant(0),
        due: instant(1),
        dueWall: instant(2),
        length: millis(3),
        bootId: text,
      };
      const lease = {
        id: `'; DROP TABLE lease; --${text}` as LeaseId,
        door: text,
        source,
        stop: text,
        ...times,
      };
      store.record(lease);
      // SQLite, like the system, knows no halves of characters.
      const whole = (value: string): string => value.toWellFormed();
      const kept = store.all().map(({ id, door, stop }) => [id, door, stop]);
      assert.deepEqual(kept, [[whole(lease.id), whole(text), whole(text)]]);
      store.close();
    });
  }

  test("a hook takes a door's name as one variable, and never as a command", async () => {
    using scratch = new Scratch();
    const door = `$(touch ${scratch.file('run')}) \`id\` ; "' \n BUSSA_IP=forged`;
    const variables = hookEnvironment({ event: 'open', door, source, ports: '' });
    const text = `printf '%s' "$BUSSA_DOOR" > ${scratch.file('door')}; printf '%s' "$BUSSA_IP" > ${scratch.file('ip')}`;
    assert.deepEqual(await runHook({ kind: 'shell', text }, variables), { kind: 'ok' });
    assert.equal(readFileSync(scratch.file('door'), 'utf8'), door);
    assert.equal(readFileSync(scratch.file('ip'), 'utf8'), source);
    assert.throws(() => readFileSync(scratch.file('run')), { code: 'ENOENT' });
  });

  test('what an argument or a configuration says stays on its line of the terminal', () => {
    using scratch = new Scratch();
    const config = scratch.file('knockd\u001b[2K\nforged.conf');
    writeFileSync(config, '[a\u202e\u2028]\nsequence = 1\u001b[2K\ncommand = x\n');
    const run = (...args: readonly string[]): string => {
      const { stdout, stderr } = spawnSync(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', ...args],
        {
          encoding: 'utf8',
          cwd: repository,
        },
      );
      return stdout + stderr;
    };
    const said = [
      run('src/cli/knockd/knockd.ts', '--check', '-c', config),
      run('src/cli/knockd/knockd.ts', '--forged\u001b[2K\nx'),
      run('src/cli/knock/knock.ts', '127.0.0.1', '70\u001b[2K\nforged'),
    ];
    for (const line of said.flatMap((text) => text.split('\n'))) {
      judgeLine(line);
      assert.ok(!line.startsWith('forged'), line);
    }
    for (const text of said) assert.match(text, /\\u\{1b\}/);
  });
});

function eventsWith(text: string): readonly LogEvent[] {
  return [
    { kind: 'listening', on: text },
    { kind: 'running', door: 'a', command: text },
    { kind: 'completed', source, door: text },
    { kind: 'command-failed', door: 'a', failure: { kind: 'status', status: 1 }, lastErrorLine: text },
    { kind: 'interface', change: { kind: 'appeared', name: text } },
    { kind: 'reloading', file: text },
    { kind: 'error', text },
  ];
}
