import { readFileSync } from 'node:fs';
import type { InputRules, IptablesVariant } from '../../../core/firewall/choose-firewall.ts';
import { isExhausted } from '../../ffi/is-exhausted.ts';
import { ExhaustedError, FirewallError } from '../contract/firewall.ts';
import { runTool } from './run-tool.ts';

/** The iptables-legacy tables in use in this network namespace. */
const LEGACY_TABLES = { 4: '/proc/self/net/ip_tables_names', 6: '/proc/self/net/ip6_tables_names' } as const;

export type IptablesCommand = Pick<InputRules, 'variant' | 'backend'>;

/** Rules of both kinds may be in use at once. The commands without a kind in their name may be either. */
export async function readCommands(): Promise<IptablesCommand[]> {
  const standard = await readCommand('iptables');
  if (standard === undefined) return [];
  const other = await readCommand(standard.backend === 'legacy' ? 'iptables-nft' : 'iptables-legacy');
  return other === undefined ? [standard] : [standard, other];
}

export async function readCommand(variant: IptablesVariant): Promise<IptablesCommand | undefined> {
  const version = await outputOf(variant, ['-V']);
  if (version === undefined) return undefined;
  return { variant, backend: version.includes('nf_tables') ? 'nf_tables' : 'legacy' };
}

/** Listing a table that is not in use would make iptables-legacy create it. */
export const hasLegacyTable = (family: 4 | 6): boolean => legacyTables(family).includes('filter');

export const hasLegacyTables = (family: 4 | 6): boolean => legacyTables(family).length > 0;

function legacyTables(family: 4 | 6): readonly string[] {
  try {
    return readFileSync(LEGACY_TABLES[family], 'latin1').split('\n').filter(Boolean);
  } catch (error) {
    if (isExhausted(error)) throw new ExhaustedError((error as Error).message);
    return [];
  }
}

/** `undefined`: the command is missing, or finds rules that it cannot read, which then are not its own. */
export async function outputOf(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    return await runTool(command, args);
  } catch (error) {
    if (error instanceof FirewallError && !(error instanceof ExhaustedError)) return undefined;
    throw error;
  }
}
