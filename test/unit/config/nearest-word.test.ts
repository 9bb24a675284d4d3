import assert from 'node:assert/strict';
import { it } from 'node:test';
import { nearestDirective } from '../../../src/core/config/file/directives.ts';
import { nearestWord } from '../../../src/core/text/nearest-word.ts';

const NEAREST: Readonly<Record<string, string | undefined>> = {
  sequnce: 'Sequence',
  SEQUENCES: 'Sequence',
  'seq timeout': 'Seq_Timeout',
  time_out: 'Timeout',
  tcp_flags: 'TCPFlags',
  comand: 'Command',
  command6: 'Command_6',
  stop_cmd: 'Stop_Command',
  strat_command: 'Start_Command',
  logfiel: 'LogFile',
  interfaces: 'Interface',
  one_time_sequence: 'One_Time_Sequences',
  usesyslogd: 'UseSyslog',
  port: undefined,
  x: undefined,
  '': undefined,
  ruleset: undefined,
};

for (const [word, nearest] of Object.entries(NEAREST)) {
  it(`takes "${word}" for ${nearest ?? 'nothing known'}`, () =>
    assert.equal(nearestDirective(word), nearest));
}

it('compares no long words', () => assert.equal(nearestWord('a'.repeat(33), ['a'.repeat(33)]), undefined));
it('counts two swapped letters as one mistake', () => assert.equal(nearestWord('sny', ['syn']), 'syn'));
it('prefers the nearer of two', () => assert.equal(nearestWord('abcdeg', ['abcfff', 'abcdef']), 'abcdef'));
