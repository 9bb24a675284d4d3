import type { Address, Family } from '../net/address.ts';
import { familyOf } from '../net/address.ts';
import type { Millis } from '../net/time.ts';
import type { PortOpening } from './port-opening.ts';

/**
 * Commands for one address family; an absent one means do nothing. `%IP%` stands for the source address, `%USER%` for
 * the user.
 */
export type Commands = { readonly start?: string; readonly stop?: string };

/** What a completed sequence causes. */
export type Opening = {
  readonly kind: 'command';
  /** Opened in the firewall, before the start command runs. */
  readonly ports?: readonly [PortOpening, ...PortOpening[]];
  /** The first new connection uses up the lease. */
  readonly singleUse?: boolean;
  /** The lease stays while a connection made through it lives, and ends with the last one. */
  readonly hold?: boolean;
  /** When the lease ends, the connections made through it are cut. */
  readonly closeKills?: boolean;
  /** The lease lets in the IPv6 prefix of this length around its source. Absent: only the source. */
  readonly leasePrefix6?: number;
  readonly commands: Readonly<Record<Family, Commands>>;
  /** From the opening to the closing. */
  readonly cmdTimeout: Millis;
};

const NO_COMMANDS: Commands = {};

/**
 * The commands for one source: its address replaces every `%IP%`, and the user, or nothing, `%USER%`. Neither contains
 * a character special to a shell.
 */
export function renderCommands(opening: Opening, source: Address, user = ''): Commands {
  const { start, stop } = opening.commands[familyOf(source)];
  if (start === undefined && stop === undefined) return NO_COMMANDS;
  const render = (command: string): string => command.replaceAll('%IP%', source).replaceAll('%USER%', user);
  return {
    ...(start === undefined ? {} : { start: render(start) }),
    ...(stop === undefined ? {} : { stop: render(stop) }),
  };
}
