import { existsSync } from 'node:fs';
import type { IptablesVariant } from '../../../core/firewall/choose-firewall.ts';
import { readOwnPart } from '../../../core/iptables/read-rules.ts';
import { renderRemoval } from '../../../core/nft/removal.ts';
import { LibnftablesError, type Nftables, openNftables } from '../../ffi/libnftables.ts';
import { FirewallError } from '../contract/firewall.ts';
import { FamilyRules } from '../iptables/family-rules.ts';
import { IpsetSocket } from '../iptables/ipset-socket.ts';
import {
  hasLegacyTable,
  type IptablesCommand,
  outputOf,
  readCommand,
  readCommands,
} from '../iptables/iptables-commands.ts';
import { removeSets } from '../iptables/lease-sets.ts';
import { findOwnObjects } from '../nftables/own-objects.ts';

/** The kind of firewall that Bussa uses now. Its own adapter removes older rules of the same kind. */
export type PartKind =
  | { readonly kind: 'nftables' }
  | { readonly kind: 'iptables'; readonly variant: IptablesVariant };

/** Present if ipset is loaded or built in. */
const IPSET = '/sys/module/ip_set';

/**
 * Removes what Bussa left in firewalls of other kinds, and returns in words where. Throws a `FirewallError` if
 * something cannot be removed.
 */
export async function removeLeftovers(inUse: PartKind): Promise<readonly string[]> {
  const fromTables = inUse.kind === 'nftables' ? [] : removeFromNftables();
  const fromCommands = await removeFromIptables(inUse);
  const fromSets = inUse.kind === 'nftables' ? removeAllSets() : [];
  return [...fromTables, ...fromCommands, ...fromSets];
}

function removeFromNftables(): string[] {
  const nft = openIfThere();
  if (nft === undefined) return [];
  try {
    const present = findOwnObjects(nft);
    const commands = renderRemoval(present);
    if (commands.length === 0) return [];
    nft.run(`${commands.join('\n')}\n`);
    const tableNames = [
      ...(present.ownTable ? ['inet bussa'] : []),
      ...present.attached.map(({ tableName }) => tableName),
    ];
    return tableNames.map((tableName) => `nftables, table ${tableName}`);
  } catch (error) {
    if (!(error instanceof LibnftablesError)) throw error;
    throw new FirewallError(`cannot look for Bussa's earlier rules in nftables: ${error.message}`, {
      cause: error,
    });
  } finally {
    nft.close();
  }
}

/** Without the library, nothing was put there. */
function openIfThere(): Nftables | undefined {
  try {
    return openNftables();
  } catch (error) {
    if (error instanceof LibnftablesError) return undefined;
    throw error;
  }
}

async function removeFromIptables(inUse: PartKind): Promise<string[]> {
  const own = inUse.kind === 'iptables' ? (await readCommand(inUse.variant))?.backend : undefined;
  const removed: string[] = [];
  for (const command of await readCommands()) {
    if (command.backend === own) continue;
    for (const family of [4, 6] as const)
      if (await removeChains(command, family)) removed.push(nameOf(command, family));
  }
  return removed;
}

async function removeChains({ variant, backend }: IptablesCommand, family: 4 | 6): Promise<boolean> {
  if (backend === 'legacy' && !hasLegacyTable(family)) return false;
  const listing = await outputOf(commandOf(variant, family), ['-w', '5', '-S']);
  if (listing === undefined || readOwnPart(listing).chains.length === 0) return false;
  await new FamilyRules(family, variant).remove();
  return true;
}

/** Possible once no rule refers to them. */
function removeAllSets(): string[] {
  if (!existsSync(IPSET)) return [];
  const socket = new IpsetSocket();
  try {
    return removeSets(socket, new Set()) ? ['ipset'] : [];
  } finally {
    socket.close();
  }
}

const commandOf = (variant: IptablesVariant, family: 4 | 6): string =>
  family === 4 ? variant : variant.replace('iptables', 'ip6tables');

const nameOf = ({ variant }: IptablesCommand, family: 4 | 6): string =>
  `${commandOf(variant, family)}, chains BUSSA`;
