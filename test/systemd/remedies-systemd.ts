// Every remedy of `bussa doctor` that needs systemd: brought about, typed as it is printed, looked at again. The others:
// test/netns/doctor-remedies.test.ts.

import { describe, test } from 'node:test';
import { readReport } from '../netns/doctor-report.ts';
import { proveRemedies } from '../netns/remedy-case.ts';
import { Machine } from './machine.ts';
import { SYSTEMD_REMEDY_CASES } from './remedy-cases-systemd.ts';

describe('each remedy with systemd mends what it is printed for', { concurrency: 2 }, () => {
  for (const one of SYSTEMD_REMEDY_CASES) {
    test(`${one.name}: ${one.proves.join(', ')}`, async () => {
      await using machine = await Machine.withUnit('');
      await one.arrange(machine);
      await proveRemedies(one, {
        doctor: async (options = '') => {
          await using program = machine.debian.start('sh', '-c', `bussa doctor --json ${options}`);
          const { code } = await program.exited;
          return readReport(program.output, code);
        },
        type: (command) => machine.debian.run('sh', '-c', command),
      });
      await one.check?.(machine);
    });
  }
});
