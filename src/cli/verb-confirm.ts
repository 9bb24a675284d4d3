import { askingDeed, CHOICE_OPTIONS, daemonChoice } from './daemon-choice.ts';
import { BUSSA_EXIT, type Verb } from './verb.ts';

export const CONFIRM: Verb = {
  name: 'confirm',
  summary: 'keep what `bussa up --confirm` has closed',
  description: [
    'Tells the daemon that was started with `--confirm` that its doors work. Run it from a connection that was made after the ports were closed: that proves that the knock opens them.',
  ],
  operands: [],
  options: CHOICE_OPTIONS,
  read: ({ values }, environment) => {
    const choice = daemonChoice(values, environment);
    return askingDeed(choice, { verb: 'confirm' }, (answer, voice) => {
      const confirmed = answer.confirmed === true;
      voice.answer({ confirmed }, [
        confirmed
          ? 'Confirmed: the ports stay closed to all but knockers.'
          : 'There is nothing to confirm: the daemon does not wait for it.',
      ]);
      return BUSSA_EXIT.ok;
    });
  },
};
