import type { CodePorts } from '../door/code-ports.ts';
import type { Sequence } from '../door/sequence.ts';
import type { Family } from '../net/address.ts';
import type { Port } from '../net/port.ts';
import type { Millis } from '../net/time.ts';
import type { ServerCard } from '../signed/server-card.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import type { HostPattern } from './host-pattern.ts';
import type { SpaAddress, SpaPort } from './spa-wish.ts';

/** What is set for a host; what is not is left to later blocks, and then to the defaults. */
export type HostSettings = {
  /** A name or an address; `%h` in it is the name that was asked for. */
  readonly hostName?: string;
  /** The port that the knock opens. */
  readonly port?: Port;
  readonly knock?: Sequence;
  /** Between two knocks. */
  readonly delay?: Millis;
  readonly addressFamily?: Family | 'any';
  /** How often the sequence is knocked again. */
  readonly retries?: number;
  /** Bounds the whole, the name's resolution included. */
  readonly timeout?: Millis;
  /** The server takes signed knocks. */
  readonly card?: ServerCard;
  /** The SSH key that signs, its public or its private half. */
  readonly identityFile?: string;
  /** The socket of the SSH agent, a variable that names it, or `none`. */
  readonly identityAgent?: string;
  /** The door to ask for. */
  readonly door?: string;
  /** How long it is to be open. */
  readonly openFor?: Millis;
  /** The server takes codes: the numbers that stand in front of their halves. */
  readonly codePorts?: CodePorts;
  /** The secret of the codes; absent: they are asked for. */
  readonly codeFile?: string;
  /** The server takes fwknop's packets: the ports to ask for. */
  readonly spa?: readonly [SpaPort, ...SpaPort[]];
  /** The keys that the server shares. */
  readonly spaKeyFile?: string;
  readonly spaAddress?: SpaAddress;
  readonly spaPort?: Port;
  /** How long they are to be open; absent: as the server has it. */
  readonly spaTimeout?: Millis;
  /** The user that the packet names. */
  readonly spaUser?: string;
  /** Added to the time in the packet. */
  readonly spaTimeOffset?: Millis;
  /** Who is asked for the address that `resolve` means. */
  readonly spaResolveUrl?: string;
};

/** Reads a card; `undefined` for what is none, or was copied wrongly. */
export type CardReader = (text: string) => ServerCard | undefined;

export type HostBlock = { readonly patterns: readonly HostPattern[]; readonly settings: HostSettings };

export type HostsFile = { readonly blocks: readonly HostBlock[] };

export type HostsResult =
  | { readonly kind: 'ok'; readonly hosts: HostsFile; readonly warnings: readonly Diagnostic[] }
  | { readonly kind: 'bad'; readonly diagnostics: readonly Diagnostic[] };
