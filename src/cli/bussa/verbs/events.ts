import type { FollowPart } from '../../../core/control/feed-event.ts';
import { printable, printableJson } from '../../../core/event/printable.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { OptionTable } from '../../arguments/option.ts';
import type { Output, Verb } from '../../arguments/verb.ts';
import { printNoAnswer, readSelector, SELECTOR_OPTIONS } from '../../daemon-verbs/daemon-selector.ts';
import { isoMoment } from '../text/render-time.ts';

const OPTIONS = {
  since: {
    type: 'string',
    value: 'CURSOR',
    summary: 'begin after the event with this cursor, or with `oldest` at the oldest event that is known',
    details: 'Without it only what happens from now on is printed. Each event has its cursor in `--json`.',
  },
  once: { type: 'boolean', summary: 'print what has happened so far, and exit' },
  json: { type: 'boolean', summary: 'print every event as one JSON value a line' },
  ...SELECTOR_OPTIONS,
} as const satisfies OptionTable;

export const EVENTS: Verb = {
  name: 'events',
  summary: "print the daemon's events as they happen",
  description: [
    "Prints each event as a line until the daemon ends: attempts and their stages, doors that open and close, refusals with their reason, operators' commands and who gave them, lost packets, warnings and errors. It is for scripts and notifications, and needs no log file. The limits of the log do not apply.",
    'The daemon remembers the last 4,096 events, and the last 2,048 caused by strangers, of which it keeps at most 20 a second. If events are missing, a line says how many: the event `lost` with its `count`. After a restart of the daemon the event is `restarted`.',
  ],
  operands: [],
  options: OPTIONS,
  streams: true,
  read: ({ values }, environment) => {
    const choice = readSelector(values, environment);
    const since = values.get('since');
    const json = values.has('json');
    return async (output) => {
      const { followDaemon } = await import('../../../app/ask/follow-daemon.ts');
      for await (const followed of followDaemon(choice, since)) {
        if (followed.kind === 'part') {
          printPart(followed.part, json, output);
          if (values.has('once') && !followed.part.more) return EXIT.ok;
          continue;
        }
        const status = printNoAnswer(followed, output);
        if (json) output.print(printableJson({ error: followed.message, status }));
        return status;
      }
      return EXIT.failed;
    };
  },
};

function printPart({ events, lost, restarted, cursor }: FollowPart, json: boolean, output: Output): void {
  const gap = (event: string, text: string, fields: object): void =>
    output.print(json ? printableJson({ event, cursor, ...fields }) : `                     ${text}`);
  if (restarted) gap('restarted', 'the daemon was restarted: what happened before that is not known', {});
  if (lost !== undefined) gap('lost', `${lost} events were too many to be remembered`, { count: lost });
  for (const { at, until, ...rest } of events) {
    const time = isoMoment(at);
    const end = until === undefined ? {} : { until: isoMoment(until) };
    output.print(
      json ? printableJson({ time, ...rest, ...end }) : `${time.slice(0, 19)}Z ${printable(rest.text)}`,
    );
  }
}
