import { printable } from '../../../core/event/printable.ts';
import { parseSource } from '../../arguments/parse-source.ts';
import { BUSSA_EXIT, type Json, type Output, type Verb } from '../../arguments/verb.ts';
import { CHOICE_OPTIONS, complainOfReply, daemonChoice } from '../../daemon-verbs/daemon-selector.ts';

export const EXPLAIN: Verb = {
  name: 'explain',
  summary: 'tell what an address has knocked lately, and why the door did not open',
  description: [
    'Prints what the running daemon remembers of an address, packet by packet, and in one sentence why the door did not open at its last try, or when it did.',
    'The last 32 entries of each of up to 4096 addresses are remembered; equal packets in a row are one. Who has come further in a sequence is kept before who has not, so that scans push out no knockers. Packets are remembered that the daemon reads: those to a port of a door or to a tripwire. It does not see others, nor those with other TCP flags than any door wants there.',
  ],
  operands: [{ name: 'IP', summary: 'the address', completes: 'host' }],
  options: {
    follow: {
      type: 'boolean',
      summary: 'keep what it does from now on, whatever comes',
      details:
        'For the last 16 addresses that were followed, until the daemon ends. Ask again without it when the address has knocked.',
    },
    ...CHOICE_OPTIONS,
  },
  read: ({ values, operands }, environment) => {
    const choice = daemonChoice(values, environment);
    const ip = parseSource(operands[0] ?? '');
    const follow = values.has('follow') ? { follow: true } : {};
    return async (voice) => {
      const { askDaemon } = await import('../../../app/ask/ask-daemon.ts');
      const { storyOf } = await import('../../../core/control/plain-story.ts');
      const reply = await askDaemon(choice, { verb: 'explain', ip, ...follow });
      if (reply.kind !== 'answer') return complainOfReply(reply, voice);
      const story = storyOf(reply.answer);
      voice.answer({ source: ip, ...story } as Json, render(story, voice));
      return BUSSA_EXIT.ok;
    };
  },
};

type Story = ReturnType<typeof import('../../../core/control/plain-story.ts')['storyOf']>;

function render({ entries, present, why, opened, followed }: Story, { style }: Output): string[] {
  const about = why.door === undefined ? '' : `${printable(why.door)}: `;
  const end = opened ? style('green', 'Opened') : style('red', 'Not opened');
  // What is the case now stands first, and a try that came to nothing takes nothing of it back.
  const last = present.length > 0 ? `Last try: ${end}` : end;
  return [
    ...present.map((sentence) => `${style('bold', 'Now')}: ${printable(sentence)}.`),
    ...entries.map(({ time, text }) => `${style('dim', time)}  ${printable(text)}`),
    `${last}: ${about}${printable(why.sentence)}.`,
    ...(followed ? ['It is followed: what it does is kept, whatever comes.'] : []),
  ];
}
