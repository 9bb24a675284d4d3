import { renderPrefix } from '../../../core/net/prefix.ts';
import { instant } from '../../../core/net/time.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { Verb } from '../../arguments/verb.ts';
import { parseBanTarget, SOURCE_OPERAND } from '../../daemon-verbs/ban-operand.ts';
import { printNoAnswer, readSelector, SELECTOR_OPTIONS } from '../../daemon-verbs/daemon-selector.ts';

export const UNBAN: Verb = {
  name: 'unban',
  summary: "lift a ban, and the scan guard's penalty",
  description: [
    "Lifts the ban of exactly this address or prefix. A ban of a wider prefix that contains the address stays, and is reported. For a single address, the scan guard's penalty ends too: its next sequence counts at once.",
  ],
  operands: [SOURCE_OPERAND],
  options: SELECTOR_OPTIONS,
  read: ({ values, operands }, environment) => {
    const choice = readSelector(values, environment);
    const prefix = parseBanTarget(operands[0] ?? '');
    const who = renderPrefix(prefix);
    return async (output) => {
      const { askDaemon } = await import('../../../app/ask/ask-daemon.ts');
      const { renderBanEnd } = await import('../../../core/control/ban-answers.ts');
      const reply = await askDaemon(choice, { verb: 'unban', who: prefix });
      if (reply.kind !== 'answer') return printNoAnswer(reply, output);
      const { removed, forgiven, still, unkept } = reply.answer;
      const now = instant(Date.now());
      if (unkept !== undefined) {
        output.error(
          `bussa: the change could not be saved; the ban comes back when the daemon is restarted: ${String(unkept)}`,
        );
      }
      output.answer({ who, removed, forgiven, still, kept: unkept === undefined }, [
        removed ? `${who} is no longer banned.` : `There was no ban of ${who}.`,
        ...(forgiven ? ['Its penalty has ended.'] : []),
        ...still.map(
          (ban) =>
            `It belongs to ${ban.who}, which is banned ${renderBanEnd(ban, now)}: \`bussa unban ${ban.who}\`.`,
        ),
      ]);
      return unkept === undefined ? EXIT.ok : EXIT.failed;
    };
  },
};
