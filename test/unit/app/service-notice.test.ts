import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ServiceNotice } from '../../../src/app/daemon/process/service-notice.ts';
import { ServiceManager } from '../../../src/host/service-manager/service-manager.ts';
import { READER } from '../../lab/datagram-reader.ts';
import { Program } from '../../lab/program.ts';

test('STATUS is sent at once when it changes, many changes as few, the same line never twice, none after the stop', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bussa-notice-'));
  const path = join(directory, 'notify');
  await using reader = new Program('perl', ['-e', READER, path]);
  await reader.saw(/bound\n/);
  const manager = new ServiceManager({ NOTIFY_SOCKET: path }, process.pid);
  let leases = 0;
  const notice = new ServiceNotice(manager, () => `${leases} leases open`);
  notice.ready();
  await reader.saw(/READY=1\nSTATUS=0 leases open\n/);
  for (let n = 0; n < 1000; n++) {
    leases += 1;
    notice.changed();
  }
  // No watchdog: nothing else sends it.
  const kept = setInterval(() => undefined, 1000);
  await reader.saw(/STATUS=1000 leases open\n/);
  notice.changed();
  leases += 1;
  notice.changed();
  await reader.saw(/STATUS=1001 leases open\n/);
  clearInterval(kept);
  leases += 1;
  notice.changed();
  notice.stopping();
  notice.changed();
  await reader.saw(/STOPPING=1/);
  assert.equal(reader.count(/STATUS=\d+ leases open/g), 3);
  manager.close();
  rmSync(directory, { recursive: true });
});
