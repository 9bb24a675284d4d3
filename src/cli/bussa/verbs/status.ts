import { EXIT } from '../../../host/self/exit-status.ts';
import type { Verb } from '../../arguments/verb.ts';
import { printNoAnswer, readSelector, SELECTOR_OPTIONS } from '../../daemon-verbs/daemon-selector.ts';
import { renderStatus, statusJson } from '../text/render-status.ts';

export const STATUS: Verb = {
  name: 'status',
  summary: 'show the state of the daemon, its doors and its counters',
  description: [
    'Prints how long the daemon has been running, its configuration, interfaces and firewall, its doors and who has them open, and the counters since the start: packets, knocks, failed attempts, decoy ports touched. Sequences are not shown.',
    '`--json` shows all doors and leases, with durations in seconds and times in UTC.',
  ],
  operands: [],
  options: SELECTOR_OPTIONS,
  read: ({ values }, environment) => {
    const choice = readSelector(values, environment);
    return async (output) => {
      const { askDaemon, askForRows } = await import('../../../app/ask/ask-daemon.ts');
      const reply = await askDaemon(choice, { verb: 'status' });
      if (reply.kind !== 'answer') return printNoAnswer(reply, output);
      const doors = await askForRows(choice, { verb: 'doors' });
      if (doors.kind !== 'answer') return printNoAnswer(doors, output);
      const leases = await askForRows(choice, { verb: 'leases' });
      if (leases.kind !== 'answer') return printNoAnswer(leases, output);
      const { withServiceTrial } = await import('../../../app/trial/confirm-trial.ts');
      const status = await withServiceTrial(reply.answer.status);
      const whole = { status, doors: doors.answer, leases: leases.answer };
      output.answer(statusJson(whole), renderStatus(whole, output));
      return EXIT.ok;
    };
  },
};
