import type { Address } from '../../../core/net/address.ts';
import { type Prefix, prefixHas, renderPrefix } from '../../../core/net/prefix.ts';
import { instant } from '../../../core/net/time.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { Environment, Verb } from '../../arguments/verb.ts';
import { parseBanTarget, readLength, SOURCE_OPERAND } from '../../daemon-verbs/ban-operand.ts';
import { printNoAnswer, readSelector, SELECTOR_OPTIONS } from '../../daemon-verbs/daemon-selector.ts';

export const BAN: Verb = {
  name: 'ban',
  summary: 'stop an address from opening any door',
  description: [
    'Makes the running daemon ignore the knocks of an address, or of all addresses of a prefix. Doors that are open for it close at once, and its packets are dropped at no cost. Established connections stay, except those of a door with `close_kills`. The daemon keeps bans in its state directory, so they survive a restart. A ban with `--for` ends by the wall clock.',
    'A ban of the same address or prefix replaces the earlier one. To ban the address that you are connected from by ssh, or a prefix that contains it, you need `--force`: your knock would no longer open anything.',
  ],
  operands: [SOURCE_OPERAND],
  options: {
    for: {
      type: 'string',
      value: 'TIME',
      summary: 'how long, as in `90s`, `10m`, `2h` or `1d` (default: until `bussa unban`)',
    },
    force: { type: 'boolean', summary: 'also ban the address that you are connected from' },
    ...SELECTOR_OPTIONS,
  },
  read: ({ values, operands }, environment) => {
    const choice = readSelector(values, environment);
    const prefix = parseBanTarget(operands[0] ?? '');
    const who = renderPrefix(prefix);
    const text = values.get('for');
    const length = text === undefined ? undefined : readLength(text, 'for');
    const isForced = values.has('force');
    return async (output) => {
      const own = isForced ? undefined : await ownAddressIn(prefix, environment);
      if (own !== undefined) {
        output.error(
          `bussa: not banned: you are connected from ${own} and could not get in again by a knock; add --force to ban it all the same`,
        );
        return EXIT.failed;
      }
      const { askDaemon } = await import('../../../app/ask/ask-daemon.ts');
      const { renderBanEnd } = await import('../../../core/control/ban-answers.ts');
      const time = length === undefined ? {} : { for: length };
      const reply = await askDaemon(choice, { verb: 'ban', who: prefix, ...time });
      if (reply.kind !== 'answer') return printNoAnswer(reply, output);
      const { ban, unkept } = reply.answer;
      const isKept = unkept === undefined;
      if (!isKept)
        output.error(`bussa: the ban could not be saved and ends with the daemon: ${String(unkept)}`);
      output.answer({ ...ban, kept: isKept }, [
        `${who} is banned ${renderBanEnd(ban, instant(Date.now()))}.`,
      ]);
      return isKept ? EXIT.ok : EXIT.failed;
    };
  },
};

/** The address that the user of this terminal is connected from, if the prefix contains it. */
async function ownAddressIn(prefix: Prefix, environment: Environment): Promise<Address | undefined> {
  const { sshPeer } = await import('../../../host/terminal/ssh-peer.ts');
  const peer = sshPeer(environment);
  return peer !== undefined && prefixHas(prefix, peer) ? peer : undefined;
}
