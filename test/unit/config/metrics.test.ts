import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { complaints, configOf } from './config-text.ts';

const text = (value: string): string => `[options]\nmetrics = ${value}\n[door]\nsequence=1\n`;

describe('Metrics', () => {
  const places: readonly (readonly [value: string, place: object | undefined])[] = [
    ['127.0.0.1:9617', { kind: 'port', host: '127.0.0.1', port: 9617 }],
    ['127.1.2.3:1', { kind: 'port', host: '127.1.2.3', port: 1 }],
    ['[::1]:65535', { kind: 'port', host: '::1', port: 65535 }],
    ['/run/bussa/metrics', { kind: 'socket', path: '/run/bussa/metrics' }],
    ['off', undefined],
    ['OFF', undefined],
  ];
  for (const [value, place] of places) {
    test(value, () => assert.deepEqual(configOf(text(value)).settings.metrics, place));
  }

  const mistakes: readonly (readonly [value: string, message: RegExp])[] = [
    ['9617', /is not a place for metrics: give a loopback port/],
    ['127.0.0.1', /is not a place for metrics/],
    ['127.0.0.1:0', /is not a place for metrics/],
    ['127.0.0.1:70000', /is not a place for metrics/],
    ['localhost:9617', /is not a place for metrics/],
    ['::1:9617', /is not a place for metrics/],
    ['0.0.0.0:9617', /other machines can reach 0\.0\.0\.0/],
    ['[::]:9617', /other machines can reach/],
    ['[::ffff:192.0.2.1]:9617', /other machines can reach|not a place/],
    ['192.0.2.1:9617', /other machines can reach 192\.0\.2\.1/],
  ];
  for (const [value, message] of mistakes) {
    test(`${value}: a mistake`, () => assert.match(complaints(text(value)).join('\n'), message));
  }
});
