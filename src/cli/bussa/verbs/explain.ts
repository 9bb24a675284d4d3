import type { SourceStory } from '../../../core/control/source-story.ts';
import { printable } from '../../../core/event/printable.ts';
import { parseSource } from '../../arguments/parse-source.ts';
import { BUSSA_EXIT, type Json, type Output, type Verb } from '../../arguments/verb.ts';
import { CHOICE_OPTIONS, complainOfReply, daemonChoice } from '../../daemon-verbs/daemon-selector.ts';
import { isoMoment } from '../text/render-time.ts';

export const EXPLAIN: Verb = {
  name: 'explain',
  summary: 'show what an address has knocked recently, and why the door did not open',
  description: [
    'Prints what the running daemon remembers of an address, packet by packet, and says in one sentence why the door did not open at the last attempt, or when it did.',
    'The daemon remembers the last 32 entries of each of up to 4096 addresses; equal packets in a row are one entry. Addresses that have come further in a sequence are kept longer, so that scans do not evict knockers. The daemon sees only packets to a port of a door or to a decoy port, and only with TCP flags that a door accepts there.',
  ],
  operands: [{ name: 'IP', summary: 'the address', completes: 'host' }],
  options: {
    follow: {
      type: 'boolean',
      summary: 'keep what it does from now on, however busy the daemon is',
      details:
        'The last 16 such addresses are kept, until the daemon ends. Run the verb again without this option when the address has knocked.',
    },
    ...CHOICE_OPTIONS,
  },
  read: ({ values, operands }, environment) => {
    const choice = daemonChoice(values, environment);
    const ip = parseSource(operands[0] ?? '');
    const follow = values.has('follow') ? ({ follow: true } as const) : {};
    return async (voice) => {
      const { askDaemon } = await import('../../../app/ask/ask-daemon.ts');
      const telling = await import('../../../core/control/source-story.ts');
      const reply = await askDaemon(choice, { verb: 'explain', ip, ...follow });
      if (reply.kind !== 'answer') return complainOfReply(reply, voice);
      voice.answer(storyJson(reply.answer, telling), render(reply.answer, telling, voice));
      return BUSSA_EXIT.ok;
    };
  },
};

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
  // What is the case now stands first, and a try that came to nothing takes nothing of it back.
  const last = present.length > 0 ? `Last try: ${end}` : end;
  return [
    ...present.map((sentence) => `${style('bold', 'Now')}: ${printable(sentence)}.`),
    ...entries.map((entry) => `${style('dim', entryTime(entry, now))}  ${printable(entry.text)}`),
    `${last}: ${about}${printable(why.sentence)}.`,
    ...(followed ? ['It is followed: what it does from now on is kept.'] : []),
  ];
}
