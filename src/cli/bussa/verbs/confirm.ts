import { EXIT } from '../../../host/self/exit-status.ts';
import type { Verb } from '../../arguments/verb.ts';
import { printNoAnswer, readSelector, SELECTOR_OPTIONS } from '../../daemon-verbs/daemon-selector.ts';

const WORDS = {
  daemon: 'Confirmed: the daemon and its rules stay.',
  service: 'Confirmed: the service stays, with its rules, and starts at boot.',
} as const;

const NOT_JUDGED = 'What strangers reach has not been judged: `bussa status` says it.';

export const CONFIRM: Verb = {
  name: 'confirm',
  summary: 'confirm a trial of `bussa up --confirm` or `bussa init`',
  description: [
    'Ends the running trial, and the rules stay: the trial of a daemon that was started with `--confirm`, or of the service that `bussa init` has started. That service is then enabled, so that it starts at boot. Run this from a connection that was made after the ports were closed: it proves that the knock opens them. It says what the whole ruleset lets strangers reach now.',
    'If no trial is running, it says so, and the status is 0. `bussa init` or `bussa up --confirm` begins a new trial.',
  ],
  operands: [],
  options: SELECTOR_OPTIONS,
  read: ({ values }, environment) => {
    const choice = readSelector(values, environment);
    return async (output) => {
      const { confirmTrial } = await import('../../../app/trial/confirm-trial.ts');
      const outcome = await confirmTrial(choice);
      if (outcome.kind === 'nothing') {
        output.answer({ confirmed: false }, ['There is nothing to confirm: no trial is running.']);
        return EXIT.ok;
      }
      if (outcome.kind !== 'confirmed') return printNoAnswer(outcome, output);
      const { trial, exposure } = outcome;
      const { renderExposure } = await import('../text/render-exposure.ts');
      const judged = exposure === undefined ? [NOT_JUDGED] : renderExposure(exposure);
      output.answer({ confirmed: true, trial, exposure: exposure ?? null }, [WORDS[trial], ...judged]);
      return EXIT.ok;
    };
  },
};
