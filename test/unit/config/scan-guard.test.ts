import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderPortOpening } from '../../../src/core/door/port-opening.ts';
import { complaints, configOf } from './config-text.ts';

const text = (lines: string): string => `[options]\n${lines}\n[door]\nsequence=1\n`;
const settings = (lines: string) => configOf(text(lines)).settings;

describe('the guard against scans in the configuration', () => {
  it('Scan_Guard is on or off, in any case', () => {
    assert.equal(settings('scan_guard = off').scanGuard, 'off');
    assert.equal(settings('SCAN_GUARD = On').scanGuard, 'on');
    assert.equal(settings('').scanGuard, undefined);
  });
  it('Scan_Penalty is a length of time, 0 among them, a day at most', () => {
    assert.equal(settings('scan_penalty = 10m').scanPenalty, 600_000);
    assert.equal(settings('scan_penalty = 0').scanPenalty, 0);
    assert.equal(settings('scan_penalty = 1d').scanPenalty, 86_400_000);
  });
  it('Scan_Ignore names ports and ranges', () => {
    const { scanIgnore } = settings('scan_ignore = tcp/8080, udp/20000-20100, tcp/9090');
    assert.deepEqual(scanIgnore?.map(renderPortOpening), ['tcp/8080', 'udp/20000-20100', 'tcp/9090']);
  });
  it('says what is wrong, and what would be right', () => {
    assert.deepEqual(complaints(text('scan_guard = maybe')), [
      '2:14: "maybe" is not a value of Scan_Guard: it is one of on, off',
    ]);
    assert.deepEqual(complaints(text('scan_penalty = 2d')), [
      '2:16: Scan_Penalty is a day at most: write 1d or less',
    ]);
    assert.match(
      complaints(text('scan_penalty = soon')).join(),
      /2:16: "soon" is not a length of time: write/,
    );
    assert.match(complaints(text('scan_ignore = 8080')).join(), /2:15: "8080" .* write tcp\/8080/);
    assert.match(
      complaints('[door]\nsequence=1\nscan_guard = off\n').join(),
      /move it to the section \[options\]/,
    );
  });
});
