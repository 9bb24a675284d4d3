import { BUSSA_EXIT, type Verb } from '../../arguments/verb.ts';
import { CHOICE_OPTIONS, complainOfReply, daemonChoice } from '../../daemon-verbs/daemon-selector.ts';

const WORDS = {
  daemon: 'Confirmed: the ports stay closed to all but knockers.',
  service: 'Confirmed: the service stays, and starts at boots; the ports stay closed to all but knockers.',
} as const;

export const CONFIRM: Verb = {
  name: 'confirm',
  summary: 'keep what is closed on trial, by `bussa up --confirm` or `bussa init`',
  description: [
    'Ends the trial that runs, and what is closed stays closed: that of a daemon that was started with `--confirm`, or that of the service that `bussa init` has started, which is enabled then, so that it starts at boots. Run it from a connection that was made after the ports were closed: that proves that the knock opens them.',
    'Where nothing is on trial, it says so, and the status is 0. A trial that is over is begun again by `bussa init` or `bussa up --confirm`.',
  ],
  operands: [],
  options: CHOICE_OPTIONS,
  read: ({ values }, environment) => {
    const choice = daemonChoice(values, environment);
    return async (voice) => {
      const { confirmTrial } = await import('../../../app/trial/confirm-trial.ts');
      const outcome = await confirmTrial(choice);
      if (outcome.kind === 'nothing') {
        voice.answer({ confirmed: false }, ['There is nothing to confirm: nothing is on trial.']);
        return BUSSA_EXIT.ok;
      }
      if (outcome.kind !== 'confirmed') return complainOfReply(outcome, voice);
      const { trial } = outcome;
      voice.answer({ confirmed: true, trial }, [WORDS[trial]]);
      return BUSSA_EXIT.ok;
    };
  },
};
