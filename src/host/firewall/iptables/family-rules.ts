import type { IptablesVariant } from '../../../core/firewall/choose-firewall.ts';
import { type CreatedPart, chainMarkerName, markedIn } from '../../../core/iptables/chain-markers.ts';
import type { GatePorts, LeaseKeeping } from '../../../core/iptables/gate-rules.ts';
import { type OwnPart, readOwnPart } from '../../../core/iptables/read-rules.ts';
import {
  renderInstall,
  renderJumpRemovals,
  renderRemoval,
  renderReturn,
} from '../../../core/iptables/restore-text.ts';
import type { Address, Family } from '../../../core/net/address.ts';
import { missingBaseChains, removeMade } from './created-chains.ts';
import { type IptablesCommand, readCommand } from './iptables-commands.ts';
import { runTool } from './run-tool.ts';

/** Seconds that a command waits for the lock of the rules (xtables.lock). */
const LOCK_WAIT = ['-w', '5'] as const;

type Lease = { readonly door: string; readonly source: Address; readonly until?: string | undefined };

/** The `filter` table of one address family, changed by the iptables commands. */
export class FamilyRules {
  readonly family: Family;
  readonly #list: string;
  readonly #restore: string;
  readonly #variant: IptablesVariant;
  #backend: IptablesCommand['backend'] | undefined;

  constructor(family: Family, variant: IptablesVariant) {
    this.family = family;
    this.#variant = variant;
    const [, backend = ''] = variant.split('iptables');
    const tables = family === 4 ? 'iptables' : 'ip6tables';
    this.#list = `${tables}${backend}`;
    this.#restore = `${tables}${backend}-restore`;
  }

  async read(): Promise<OwnPart> {
    return readOwnPart(await runTool(this.#list, [...LOCK_WAIT, '-S']));
  }

  async install(
    gates: readonly GatePorts[],
    leases: readonly Lease[],
    keeping: LeaseKeeping,
    present: OwnPart,
  ): Promise<void> {
    const missing = (await this.#isNft()) ? missingBaseChains(this.family) : [];
    await this.restore(renderInstall(this.family, gates, leases, keeping, present, missing));
  }

  /** Restores the state before an `install`. */
  async putBack(before: OwnPart): Promise<void> {
    const now = await this.read();
    await this.restore(renderReturn(before, now));
    const known = new Set(markedIn(before.chains));
    await this.#removeMade(markedIn(now.chains).filter((made) => !known.has(made)));
  }

  /** Commands after which no packet reaches Bussa's rules. */
  async howToOpen(): Promise<string[]> {
    return renderJumpRemovals(await this.read()).map((rule) => `${this.#list} ${rule}`);
  }

  async remove(): Promise<void> {
    const present = await this.read();
    const text = renderRemoval(present);
    if (text !== undefined) await this.restore(text);
    await this.#removeMade(markedIn(present.chains));
  }

  async #removeMade(made: readonly CreatedPart[]): Promise<void> {
    if (made.length === 0 || removeMade(this.family, made)) return;
    const lines = made.map((one) => `-X ${chainMarkerName(one)}\n`).join('');
    await this.restore(`*filter\n${lines}COMMIT\n`);
  }

  async #isNft(): Promise<boolean> {
    this.#backend ??= (await readCommand(this.#variant))?.backend ?? 'legacy';
    return this.#backend === 'nf_tables';
  }

  /** One transaction, which leaves everything unchanged that it does not name. */
  async restore(text: string): Promise<void> {
    await runTool(this.#restore, [...LOCK_WAIT, '--noflush'], text);
  }
}
