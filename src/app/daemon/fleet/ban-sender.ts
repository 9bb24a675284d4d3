import { renderPrefix } from '../../../core/net/prefix.ts';
import { type Instant, instant, millis, since } from '../../../core/net/time.ts';
import type { BanChange } from '../bans/ban-keeper.ts';
import type { FleetBans } from './fleet-bans.ts';
import type { FleetLink } from './fleet-link.ts';
import type { Membership } from './fleet-parts.ts';
import type { FleetSender } from './fleet-sender.ts';

export type BanSenderParts = {
  readonly membership: Membership;
  readonly link: FleetLink;
  readonly sender: FleetSender;
  readonly bans: FleetBans;
};

/**
 * Sends this host's bans to the other members: at once in the stream, and in the hash for members that connect later.
 */
export class BanSender {
  readonly #parts: BanSenderParts;
  constructor(parts: BanSenderParts) {
    this.#parts = parts;
  }

  /**
   * Sends all bans again: those of an earlier run may not have reached the engine, and the engine may have been
   * emptied.
   */
  hello(): void {
    for (const ban of this.#parts.bans.own()) this.send({ ...ban, isLifted: false });
  }

  send({ prefix, until, isLifted }: BanChange): void {
    const { membership, link, sender, bans } = this.#parts;
    if (bans.isApplying) return;
    if (isLifted) bans.overrule(prefix);
    const due = until === undefined ? {} : { due: this.#sinceBoot(until) };
    sender.sendBan(isLifted ? { kind: 'unban', who: prefix } : { kind: 'ban', who: prefix, ...due });
    const make = (): Uint8Array => {
      if (isLifted) return sender.sign({ kind: 'unban', lifted: [prefix] });
      const left = until === undefined ? undefined : since(membership.clock.wall(), until);
      const rest = left === undefined ? {} : { rest: millis(Math.max(0, Math.floor(left))) };
      return sender.sign({ kind: 'ban', bans: [{ who: prefix, ...rest }] });
    };
    link.keep({ field: `${membership.identity().self.name}/${renderPrefix(prefix)}`, make });
  }

  #sinceBoot(wall: Instant): Instant {
    const { clock } = this.#parts.membership;
    return instant(clock.sinceBoot() + since(clock.wall(), wall));
  }
}
