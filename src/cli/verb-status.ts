import type { DaemonStatus, DoorStatus, LeaseStatus } from '../app/daemon/daemon-view.ts';
import { CHOICE_OPTIONS, complainOfReply, daemonChoice } from './daemon-choice.ts';
import { renderStatus, statusJson } from './render-status.ts';
import { BUSSA_EXIT, type Verb } from './verb.ts';

export const STATUS: Verb = {
  name: 'status',
  summary: 'how the daemon is, and what its doors have seen',
  description: [
    'Prints how long the daemon has run, its configuration, interfaces and firewall, its doors and who has them open, and what has been counted since the start: packets, knocks, attempts that came to nothing, tripwires touched. Sequences are not shown.',
    '`--json` has all doors and leases, lengths in seconds and moments in UTC.',
  ],
  operands: [],
  options: CHOICE_OPTIONS,
  read: ({ values }, environment) => {
    const choice = daemonChoice(values, environment);
    return async (voice) => {
      const { askDaemon, askDaemonInParts } = await import('../app/ask-daemon.ts');
      const reply = await askDaemon(choice, { verb: 'status' });
      if (reply.kind !== 'answer') return complainOfReply(reply, voice);
      const doors: DoorStatus[] = [];
      const leases: LeaseStatus[] = [];
      const replies = [
        await askDaemonInParts(choice, { verb: 'doors' }, (part) => {
          doors.push(...(part.doors as readonly DoorStatus[]));
        }),
        await askDaemonInParts(choice, { verb: 'leases' }, (part) => {
          leases.push(...(part.leases as readonly LeaseStatus[]));
        }),
      ];
      for (const part of replies) if (part.kind !== 'answer') return complainOfReply(part, voice);
      const { withServiceTrial } = await import('../app/confirm-trial.ts');
      const status = await withServiceTrial(reply.answer.status as DaemonStatus);
      const whole = { status, doors, leases };
      voice.answer(statusJson(whole), renderStatus(whole, voice));
      return BUSSA_EXIT.ok;
    };
  },
};
