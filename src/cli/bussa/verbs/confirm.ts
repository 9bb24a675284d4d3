import { BUSSA_EXIT, type Verb } from '../../arguments/verb.ts';
import { CHOICE_OPTIONS, complainOfReply, daemonChoice } from '../../daemon-verbs/daemon-selector.ts';

const WORDS = {
  daemon: 'Confirmed: the ports stay closed to everybody who has not knocked.',
  service:
    'Confirmed: the service keeps running and starts at boot; the ports stay closed to everybody who has not knocked.',
} as const;

export const CONFIRM: Verb = {
  name: 'confirm',
  summary: 'confirm a trial of `bussa up --confirm` or `bussa init`',
  description: [
    'Ends the running trial, and the ports stay closed: the trial of a daemon that was started with `--confirm`, or of the service that `bussa init` has started. That service is then enabled, so that it starts at boot. Run this from a connection that was made after the ports were closed: it proves that the knock opens them.',
    'If no trial is running, it says so, and the status is 0. `bussa init` or `bussa up --confirm` begins a new trial.',
  ],
  operands: [],
  options: CHOICE_OPTIONS,
  read: ({ values }, environment) => {
    const choice = daemonChoice(values, environment);
    return async (voice) => {
      const { confirmTrial } = await import('../../../app/trial/confirm-trial.ts');
      const outcome = await confirmTrial(choice);
      if (outcome.kind === 'nothing') {
        voice.answer({ confirmed: false }, ['There is nothing to confirm: no trial is running.']);
        return BUSSA_EXIT.ok;
      }
      if (outcome.kind !== 'confirmed') return complainOfReply(outcome, voice);
      const { trial } = outcome;
      voice.answer({ confirmed: true, trial }, [WORDS[trial]]);
      return BUSSA_EXIT.ok;
    };
  },
};
