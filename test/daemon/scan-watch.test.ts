import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ScanWatch } from '../../src/app/daemon/packets/scan-watch.ts';
import { drawShare } from '../../src/core/decoy/port-share.ts';
import { compileFilter } from '../../src/host/ffi/libpcap.ts';
import { door } from '../unit/attempt/knocks.ts';

const DOORS = [door('ssh', '7000,8000:udp,9000')];
const SECRETS = [
  [1, 2],
  [0x7fff_ffff, -5],
] as const;

function watching(secret: readonly [number, number]): ScanWatch {
  const scans = new ScanWatch(
    secret,
    true,
    () => undefined,
    ({ kind }) => assert.fail(kind),
  );
  scans.adopt(scans.prepare(DOORS, { settings: { useSyslog: false }, doors: DOORS }));
  return scans;
}

describe('the filter that is shown', () => {
  test('has nothing of the secret, and is as long as the true one', () => {
    const [one, other] = SECRETS.map(watching) as [ScanWatch, ScanWatch];
    assert.notEqual(one.filter, other.filter);
    assert.equal(one.filterWithoutSecret, other.filterWithoutSecret);
    const { multiplier, offset } = drawShare(SECRETS[0]);
    assert.ok(one.filter.includes(`* ${multiplier} + ${offset}`));
    assert.ok(!one.filterWithoutSecret.includes(`${multiplier}`));
    const length = (filter: string): number => compileFilter(filter, 65_535).instructions;
    assert.equal(length(one.filterWithoutSecret), length(one.filter));
  });

  test('is the true one where there is no secret', () => {
    const scans = watching(SECRETS[0]);
    scans.adopt(scans.prepare(DOORS, { settings: { useSyslog: false, scanGuard: 'off' }, doors: DOORS }));
    assert.equal(scans.filterWithoutSecret, scans.filter);
  });
});
