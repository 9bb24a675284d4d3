// The filter for fail2ban, judged by fail2ban itself on lines that Bussa has written.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { LogEvent } from '../../src/core/event/event.ts';
import { renderEvent } from '../../src/core/event/render-event.ts';
import { type Address, parseAddress } from '../../src/core/net/address.ts';
import { openFileSink } from '../../src/host/log/file-sink.ts';
import { WorkDirectory } from '../lab/knockd.ts';
import { repository } from '../lab/scratch-clone.ts';

const FILTER = path.join(repository, 'packaging/fail2ban/bussa.conf');
const source = parseAddress('192.0.2.7') as Address;
const source6 = parseAddress('2001:db8::7') as Address;

/** The addresses that fail2ban finds in a log, in order. */
function offenders(log: string): readonly string[] {
  const { stdout, stderr, status } = spawnSync('fail2ban-regex', ['--out', 'ip', log, FILTER], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return stdout.split('\n').filter(Boolean);
}

function logOf(directory: WorkDirectory, lines: readonly string[]): string {
  const file = directory.file('log');
  const sink = openFileSink(file);
  for (const line of lines) sink.write('notice', line);
  sink.close();
  return file;
}

describe("fail2ban's filter", () => {
  test('scans and refusals count, with and without a name; nothing else does', () => {
    using directory = new WorkDirectory();
    const offences: readonly LogEvent[] = [
      { kind: 'scan', source, protocol: 'tcp', port: 7001, seconds: 60 },
      { kind: 'refused', source: source6, door: 'ssh', reason: 'the door does not allow this address' },
      { kind: 'withheld', source, door: 'ssh', stage: 3 },
    ];
    const others: readonly LogEvent[] = [
      { kind: 'stage', source, door: 'ssh', stage: 1 },
      { kind: 'opened', source, door: 'ssh', ports: 'tcp/22', seconds: 60 },
      { kind: 'closed', source, door: 'ssh', ports: 'tcp/22', cut: 0 },
      {
        kind: 'command-failed',
        door: 'ssh',
        failure: { kind: 'status', status: 1 },
        lastErrorLine: '1.1.1.1: x: not opened: y',
      },
      { kind: 'error', text: 'port scan: 1.1.1.1: not opened: ' },
    ];
    const lines = [...others, ...offences].map((event) => renderEvent(event));
    const named = renderEvent(offences[1] as LogEvent, 'host.example.org');
    const found = offenders(logOf(directory, [...lines, named]));
    assert.deepEqual(found, ['192.0.2.7', '2001:db8::7', '192.0.2.7', '2001:db8::7']);
  });

  test('a name that somebody else chose cannot accuse another address', () => {
    using directory = new WorkDirectory();
    const event: LogEvent = { kind: 'stage', source, door: 'ssh', stage: 1 };
    const forged = renderEvent(event, 'x): y: not opened: (\n1.1.1.1: port scan: ');
    // Its own, at the most.
    assert.ok(!offenders(logOf(directory, [forged])).includes('1.1.1.1'));
  });

  test('the jail is one that fail2ban reads', () => {
    using directory = new WorkDirectory();
    const jail = path.join(repository, 'packaging/fail2ban/bussa.jail.conf');
    const script = directory.file('read.py');
    writeFileSync(
      script,
      `import configparser, sys
jail = configparser.ConfigParser(interpolation=None)
jail.read(sys.argv[1])
print(jail['bussa']['filter'], jail['bussa']['logpath'])`,
    );
    const { stdout } = spawnSync('python3', [script, jail], { encoding: 'utf8' });
    assert.equal(stdout, 'bussa /var/log/knockd.log\n');
  });
});
