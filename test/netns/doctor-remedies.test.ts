/**
 * Every remedy of `bussa doctor` that a machine without systemd can have: brought about, typed as it is printed, looked at
 * again. Those with systemd: test/systemd/remedies-systemd.ts.
 *
 *     client                          server: a copy of this machine's files
 *     eth0 10.7.0.2  fd07::2  ──────  eth0 10.7.0.1  fd07::1
 */
import { describe, test } from 'node:test';
import { HostCopy } from '../lab/host-copy.ts';
import { startService } from '../lab/service.ts';
import { Wire } from '../lab/wire.ts';
import { proveRemedies } from './remedy-case.ts';
import { REMEDY_CASES } from './remedy-cases.ts';

describe('each remedy fixes its finding', { concurrency: 2 }, () => {
  for (const one of REMEDY_CASES) {
    test(`${one.name}: ${one.proves.join(', ')}`, async () => {
      await using wire = await Wire.create();
      await using _service = await startService(wire.server, 22);
      await using host = await HostCopy.create(wire.server);
      await one.arrange(host);
      await proveRemedies(one, {
        doctor: (options) => host.doctor(options),
        type: (command) => host.run(command, one.place),
      });
      await one.check?.(host);
    });
  }
});
