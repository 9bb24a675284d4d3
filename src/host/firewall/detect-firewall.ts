import { readFileSync } from 'node:fs';
import {
  chooseFirewall,
  type FirewallChoice,
  type FirewallFacts,
  type InputRules,
  type IptablesVariant,
} from '../../core/firewall/choose-firewall.ts';
import { readInputChains } from '../../core/firewall/read-input-chains.ts';
import { readForeignInput } from '../../core/iptables/read-rules.ts';
import { OWN_HOME } from '../../core/nft/home.ts';
import { openNftables } from '../ffi/libnftables.ts';
import { FirewallError } from './firewall.ts';
import { runTool } from './run-tool.ts';

/** The tables of iptables-legacy that are in use in this network namespace. */
const LEGACY_TABLES = { 4: '/proc/self/net/ip_tables_names', 6: '/proc/self/net/ip6_tables_names' } as const;

/** Finds out which firewall the host has, and which of them Bussa's doors are to open in. Changes nothing. */
export async function detectFirewall(): Promise<FirewallChoice> {
  return chooseFirewall({ nftables: readNftables(), iptables: await readIptables() });
}

function readNftables(): FirewallFacts['nftables'] {
  try {
    const nft = openNftables();
    try {
      const chains = readInputChains(nft.list('list ruleset', { terse: true }), OWN_HOME.table);
      return chains === undefined
        ? { kind: 'unavailable', why: 'its listing is not JSON as libnftables-json(5) has it' }
        : { kind: 'listed', chains };
    } finally {
      nft.close();
    }
  } catch (error) {
    return { kind: 'unavailable', why: (error as Error).message };
  }
}

async function readIptables(): Promise<InputRules[]> {
  const found = await Promise.all(
    (await readCommands()).flatMap((command) =>
      ([4, 6] as const).map((family) => readInput(command, family)),
    ),
  );
  return found.filter((one) => one !== undefined);
}

type Command = Pick<InputRules, 'variant' | 'backend'>;

/** Rules of both kinds may be in use at once; the commands without a kind in their name are of either. */
async function readCommands(): Promise<Command[]> {
  const standard = await readCommand('iptables');
  if (standard === undefined) return [];
  const other = await readCommand(standard.backend === 'legacy' ? 'iptables-nft' : 'iptables-legacy');
  return other === undefined ? [standard] : [standard, other];
}

async function readCommand(variant: IptablesVariant): Promise<Command | undefined> {
  const version = await output(variant, ['-V']);
  if (version === undefined) return undefined;
  return { variant, backend: version.includes('nf_tables') ? 'nf_tables' : 'legacy' };
}

async function readInput({ variant, backend }: Command, family: 4 | 6): Promise<InputRules | undefined> {
  // Asked for a table that is not in use, iptables-legacy would make it.
  if (backend === 'legacy' && !hasLegacyTable(family))
    return { variant, backend, family, rules: 0, closes: false };
  const command = family === 4 ? variant : variant.replace('iptables', 'ip6tables');
  const listing = await output(command, ['-w', '5', '-S', 'INPUT']);
  return listing === undefined ? undefined : { variant, backend, family, ...readForeignInput(listing) };
}

function hasLegacyTable(family: 4 | 6): boolean {
  try {
    return readFileSync(LEGACY_TABLES[family], 'latin1').split('\n').includes('filter');
  } catch {
    return false;
  }
}

/** `undefined` where the command is missing, or finds rules that it cannot read: then they are not its own. */
async function output(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    return await runTool(command, args);
  } catch (error) {
    if (error instanceof FirewallError) return undefined;
    throw error;
  }
}
