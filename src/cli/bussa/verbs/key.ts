import { renderDateTime } from '../../../core/event/render-moment.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { OptionTable } from '../../arguments/option.ts';
import { UsageError } from '../../arguments/read-options.ts';
import type { Verb } from '../../arguments/verb.ts';
import { judgedFile, readSelector, SELECTOR_OPTIONS } from '../../daemon-verbs/daemon-selector.ts';
import { isoMoment } from '../text/render-time.ts';
import { cardLines, noticeJson, noticeLines, printFailure } from '../users/render-authority.ts';

const ACTIONS = ['show', 'rotate'] as const;

const OPTIONS = {
  qr: { type: 'boolean', summary: 'print the card as a QR code too' },
  host: {
    type: 'string',
    value: 'NAME',
    summary: 'the name or address under which clients reach this server, for the printed line',
  },
  ...SELECTOR_OPTIONS,
} as const satisfies OptionTable;

export const KEY: Verb = {
  name: 'key',
  summary: "show or replace the server's key for signed knocks",
  description: [
    '`show` prints the card of this server: its public key and the port for signed knocks. The card is not secret, but somebody who has it can send packets that cost the server more than noise. `rotate` creates a new key, and prints the new card. Clients with the old card get in for 30 more days.',
  ],
  operands: [{ name: 'ACTION', summary: 'what to do: `show` or `rotate`', completes: ACTIONS }],
  options: OPTIONS,
  read: ({ values, operands: [word = ''] }, environment) => {
    const choice = readSelector(values, environment);
    const action = ACTIONS.find((one) => one === word);
    if (action === undefined)
      throw new UsageError(`unknown action '${word}': it is one of ${ACTIONS.join(', ')}`);
    return async (output) => {
      const judged = await judgedFile(undefined, choice, output);
      if (typeof judged === 'number') return judged;
      const { readCard, rotateKey } = await import('../../../app/users/server-card.ts');
      const isNew = action === 'rotate';
      const reading = isNew ? rotateKey(judged.file, Date.now()) : readCard(judged.file);
      if (reading.kind !== 'card') return printFailure(reading, output);
      const { reloadUsers } = await import('../../../app/users/reload-users.ts');
      const told = isNew ? await reloadUsers(choice) : undefined;
      const { card, port, earlier } = reading;
      const json = {
        card,
        port,
        earlier: earlier.map(isoMoment),
        ...(told === undefined ? {} : noticeJson(told)),
      };
      output.answer(json, [
        card,
        `Signed knocks are sent to UDP port ${port}.`,
        ...earlier.map((until) => `An earlier card is valid until ${renderDateTime(until)}.`),
        ...(told === undefined ? [] : noticeLines(told, 'only the earlier key counts')),
        ...(await cardLines(card, values.get('host'))),
        ...(values.has('qr') ? ['', ...(await qrLines(card))] : []),
      ]);
      return told?.kind === 'refused' ? EXIT.config : EXIT.ok;
    };
  },
};

async function qrLines(card: string): Promise<readonly string[]> {
  const { renderQr } = await import('../text/render-qr.ts');
  return renderQr(card);
}
