import type { Sequence } from '../door/sequence.ts';
import type { Family } from '../net/address.ts';
import type { Port } from '../net/port.ts';
import { type Millis, seconds } from '../net/time.ts';
import type { ServerCard } from '../signed/server-card.ts';
import { isPlainName, matchesHost } from './host-pattern.ts';
import type { HostSettings, HostsFile } from './hosts-file.ts';

/** How to reach one host. */
export type Profile = Pick<HostSettings, SpaSetting | 'codePorts' | 'codeFile'> & {
  /** As requested. */
  readonly name: string;
  readonly hostName: string;
  readonly port?: Port;
  readonly knock?: Sequence;
  /** Delay between two knocks. Absent: the shortest safe one. */
  readonly delay?: Millis;
  readonly family?: Family;
  readonly retries: number;
  readonly timeout: Millis;
  readonly card?: ServerCard;
  readonly identityFile?: string;
  readonly identityAgent?: string;
  readonly door?: string;
  readonly openFor?: Millis;
};

type SpaSetting =
  | 'spa'
  | 'spaKeyFile'
  | 'spaAddress'
  | 'spaPort'
  | 'spaTimeout'
  | 'spaUser'
  | 'spaTimeOffset'
  | 'spaResolveUrl';

/** Whether there is something to knock with. */
export const canKnock = ({ knock, card, spa, codePorts }: Profile): boolean =>
  [knock, card, spa, codePorts].some((means) => means !== undefined);

const RETRIES = 3;
const TIMEOUT = seconds(30);

/** Combines all blocks that match `name`: the first value of each setting counts. */
export function profileOf({ blocks }: HostsFile, name: string): Profile {
  const matching = blocks.filter(({ patterns }) => matchesHost(patterns, name));
  const settings: HostSettings = Object.assign({}, ...matching.map((block) => block.settings).reverse());
  const { hostName = name, addressFamily = 'any', ...rest } = settings;
  return {
    retries: RETRIES,
    timeout: TIMEOUT,
    ...rest,
    ...(addressFamily === 'any' ? {} : { family: addressFamily }),
    name,
    hostName: hostName.replaceAll(/%[%h]/g, (token) => (token === '%h' ? name : '%')),
  };
}

/** The names without wildcards, in file order, each once. */
export function profileNames({ blocks }: HostsFile): readonly string[] {
  const patterns = blocks.flatMap((block) => block.patterns).filter(isPlainName);
  return [...new Set(patterns.map(({ glob }) => glob))];
}
