import type { DaemonSelector } from '../../../app/ask/ask-daemon.ts';
import type { SourceStory } from '../../../core/control/source-story.ts';
import { printable } from '../../../core/event/printable.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import { parseSource } from '../../arguments/parse-source.ts';
import { UsageError } from '../../arguments/read-options.ts';
import type { Action, Json, Output, Verb } from '../../arguments/verb.ts';
import { printNoAnswer, readSelector, SELECTOR_OPTIONS } from '../../daemon-verbs/daemon-selector.ts';
import { isoMoment } from '../text/render-time.ts';

export const EXPLAIN: Verb = {
  name: 'explain',
  summary: 'show what an address has knocked recently, and why the door did not open',
  description: [
    'Prints what the running daemon remembers of an address, packet by packet, and says in one sentence why the door did not open at the last attempt, or when it did.',
    'The daemon remembers the last 32 entries of each of up to 4096 addresses; equal packets in a row are one entry. Addresses that have come further in a sequence are kept longer, so that scans do not displace users. The daemon sees only packets to a port of a door or to a decoy port, and only with TCP flags that a door accepts there.',
  ],
  operands: [{ name: 'IP', summary: 'the address', completes: 'host', optional: true }],
  options: {
    follow: {
      type: 'boolean',
      summary: 'keep what it does from now on, however busy the daemon is',
      details:
        'The last 16 such addresses are kept, until the daemon ends. Run the verb again without this option when the address has knocked.',
    },
    user: {
      type: 'string',
      value: 'NAME',
      summary: 'show what this user knocked for, instead of an address',
    },
    ...SELECTOR_OPTIONS,
  },
  read: ({ values, operands }, environment) => {
    const choice = readSelector(values, environment);
    const [word] = operands;
    const user = values.get('user');
    if (user !== undefined) return explainUser(user, word, values.has('follow'), choice);
    if (word === undefined) throw new UsageError('no IP was given: the address, or --user NAME');
    const ip = parseSource(word);
    const follow = values.has('follow') ? ({ follow: true } as const) : {};
    return async (output) => {
      const { askDaemon } = await import('../../../app/ask/ask-daemon.ts');
      const telling = await import('../../../core/control/source-story.ts');
      const reply = await askDaemon(choice, { verb: 'explain', ip, ...follow });
      if (reply.kind !== 'answer') return printNoAnswer(reply, output);
      output.answer(storyJson(reply.answer, telling), render(reply.answer, telling, output));
      return EXIT.ok;
    };
  },
};

function explainUser(user: string, ip: string | undefined, follows: boolean, choice: DaemonSelector): Action {
  if (ip !== undefined)
    throw new UsageError(`unexpected argument '${ip}': give an address or --user, not both`);
  if (follows) throw new UsageError('--follow is for an address');
  return async (output) => {
    const { askDaemon } = await import('../../../app/ask/ask-daemon.ts');
    const { userEntryTime } = await import('../../../core/control/user-story.ts');
    const reply = await askDaemon(choice, { verb: 'explain-user', user });
    if (reply.kind !== 'answer') return printNoAnswer(reply, output);
    const { entries, present, known, since, now } = reply.answer;
    const rows = entries.map((entry) => {
      const { at, lastAt, ...rest } = entry;
      return { ...rest, at: isoMoment(at), lastAt: isoMoment(lastAt), time: userEntryTime(entry, now) };
    });
    output.answer({ user, known, present, entries: rows, since: isoMoment(since) }, [
      ...present.map((sentence) => `${output.style('bold', 'Now')}: ${printable(sentence)}.`),
      ...rows.map(({ time, source, door, text, count }) => {
        const what = [source, ...(door === undefined ? [] : [printable(door)]), printable(text)].join(': ');
        return `${output.style('dim', time)}  ${what}${count > 1 ? `, ${count} times` : ''}`;
      }),
      ...(rows.length === 0 ? [`${printable(user)} has sent no signed knock since the daemon started.`] : []),
    ]);
    return known ? EXIT.ok : EXIT.failed;
  };
}

type Telling = typeof import('../../../core/control/source-story.ts');

function storyJson(story: SourceStory, { entryTime, hasOpened }: Telling): Json {
  const { source, entries, present, why, now, since, followed } = story;
  return {
    source,
    entries: entries.map((entry) => {
      const { at, lastAt, text, ...rest } = entry;
      const time = entryTime(entry, now);
      return { ...rest, at: isoMoment(at), lastAt: isoMoment(lastAt), time, text };
    }),
    present,
    why,
    opened: hasOpened(story),
    followed,
    since: isoMoment(since),
  };
}

function render(story: SourceStory, { entryTime, hasOpened }: Telling, { style }: Output): string[] {
  const { entries, present, why, now, followed } = story;
  const about = why.door === undefined ? '' : `${printable(why.door)}: `;
  const end = hasOpened(story) ? style('green', 'Opened') : style('red', 'Not opened');
  // The present state comes first. A failed attempt does not change it.
  const last = present.length > 0 ? `Last try: ${end}` : end;
  return [
    ...present.map((sentence) => `${style('bold', 'Now')}: ${printable(sentence)}.`),
    ...entries.map((entry) => `${style('dim', entryTime(entry, now))}  ${printable(entry.text)}`),
    `${last}: ${about}${printable(why.sentence)}.`,
    ...(followed ? ['It is followed: what it does from now on is kept.'] : []),
  ];
}
