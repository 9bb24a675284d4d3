import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Config } from '../../../src/core/config/file/config.ts';
import { parseConfig } from '../../../src/core/config/file/parse-config.ts';
import { TCP_FLAG } from '../../../src/core/net/tcp-flags.ts';
import { bytesOf, FILE, sequenceOf } from './config-text.ts';

function configWithWarnings(text: string): Config {
  const result = parseConfig(FILE, bytesOf(text));
  assert.equal(result.kind, 'ok');
  assert.ok(result.warnings.length > 0);
  return result.config;
}

it('of a directive given twice the last counts, of flags both, of interfaces the first', () => {
  const { settings, doors } = configWithWarnings(`[options]
interface = lo
interface = eth0
logfile = /a
logfile = /b
[one]
sequence = 1
sequence = 2
timeout = 1
seq_timeout = 2
tcpflags = syn,ack
tcpflags = !ack
`);
  assert.deepEqual(settings, {
    useSyslog: false,
    logFile: '/b',
    interfaces: { kind: 'named', names: ['lo'] },
  });
  const [door] = doors;
  assert.equal(sequenceOf(door!), '2:tcp');
  assert.equal(door!.seqTimeout, 2_000);
  assert.deepEqual(door!.flags, { mask: TCP_FLAG.syn | TCP_FLAG.ack, value: TCP_FLAG.syn });
});

it('empty options are as if they were not given', () => {
  const { settings } = configWithWarnings('[options]\nlogfile=\npidfile=\ninterface=\n[one]\nsequence=1\n');
  assert.deepEqual(settings, { useSyslog: false });
});

it('doors with the same knocks are both watched', () => {
  const { doors } = configWithWarnings('[one]\nsequence=1\n[two]\nsequence=1\n');
  assert.deepEqual(
    doors.map(({ name }) => name),
    ['one', 'two'],
  );
});

it('doors that differ in flags, target, order or protocol have different knocks', () => {
  const doors = ['', 'tcpflags=syn', 'tcpflags=!syn', 'target=192.0.2.1'].map(
    (line, i) => `[a${i}]\nsequence=1,2\n${line}\n`,
  );
  const text = `${doors.join('')}[b]\nsequence=2,1\n[c]\nsequence=1,2:udp\n`;
  const result = parseConfig(FILE, bytesOf(text));
  assert.ok(result.kind === 'ok' && result.warnings.length === 0);
});
