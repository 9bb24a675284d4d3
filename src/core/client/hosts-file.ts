import type { CodePorts } from '../door/code-ports.ts';
import type { Sequence } from '../door/sequence.ts';
import type { Family } from '../net/address.ts';
import type { Port } from '../net/port.ts';
import type { Millis } from '../net/time.ts';
import type { ServerCard } from '../signed/server-card.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import type { HostPattern } from './host-pattern.ts';
import type { SpaAddress, SpaPort } from './spa-access.ts';

/** The settings of a block. Missing ones are left to later blocks, then to the defaults. */
export type HostSettings = {
  /** A name or an address; `%h` in it is the requested name. */
  readonly hostName?: string;
  /** The port that the knock opens. */
  readonly port?: Port;
  readonly knock?: Sequence;
  /** Delay between two knocks. */
  readonly delay?: Millis;
  readonly addressFamily?: Family | 'any';
  /** How often the sequence is knocked again. */
  readonly retries?: number;
  /** Limits the whole run, including name resolution. */
  readonly timeout?: Millis;
  /** The server accepts signed knocks. */
  readonly card?: ServerCard;
  /** The SSH key that signs: the file of its public or private half. */
  readonly identityFile?: string;
  /** The socket of the SSH agent, a variable that names it, or `none`. */
  readonly identityAgent?: string;
  /** The door to open. */
  readonly door?: string;
  /** How long it shall be open. */
  readonly openFor?: Millis;
  /** The server accepts codes: the prefixes of their two ports. */
  readonly codePorts?: CodePorts;
  /** The file with the codes' secret. Absent: the user is asked for codes. */
  readonly codeFile?: string;
  /** The server accepts fwknop packets: the ports to request. */
  readonly spa?: readonly [SpaPort, ...SpaPort[]];
  /** The file with the keys shared with the server. */
  readonly spaKeyFile?: string;
  readonly spaAddress?: SpaAddress;
  readonly spaPort?: Port;
  /** How long the ports shall be open. Absent: the server's default. */
  readonly spaTimeout?: Millis;
  /** The user name in the packet. */
  readonly spaUser?: string;
  /** Added to the time in the packet. */
  readonly spaTimeOffset?: Millis;
  /** The web server that tells the outside address for `resolve`. */
  readonly spaResolveUrl?: string;
};

/** Parses a server card; `undefined` if it is none, or was copied wrongly. */
export type CardReader = (text: string) => ServerCard | undefined;

export type HostBlock = { readonly patterns: readonly HostPattern[]; readonly settings: HostSettings };

export type HostsFile = { readonly blocks: readonly HostBlock[] };

export type HostsResult =
  | { readonly kind: 'ok'; readonly hosts: HostsFile; readonly warnings: readonly Diagnostic[] }
  | { readonly kind: 'bad'; readonly diagnostics: readonly Diagnostic[] };
