import type { IptablesVariant } from '../../core/firewall/choose-firewall.ts';
import type { GatePorts, LeaseKeeping } from '../../core/iptables/gate-rules.ts';
import { type OwnPart, readOwnPart } from '../../core/iptables/read-rules.ts';
import { renderInstall, renderRemoval, renderReturn } from '../../core/iptables/restore-text.ts';
import type { Address, Family } from '../../core/net/address.ts';
import { runTool } from './run-tool.ts';

/** Seconds that a command waits for another that holds the lock of the rules (xtables.lock). */
const LOCK_WAIT = ['-w', '5'] as const;

type Lease = { readonly door: string; readonly source: Address; readonly until?: string | undefined };

/** The table `filter` of one address family, through the commands of iptables. */
export class FamilyRules {
  readonly family: Family;
  readonly #list: string;
  readonly #restore: string;

  constructor(family: Family, variant: IptablesVariant) {
    this.family = family;
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
    await this.restore(renderInstall(this.family, gates, leases, keeping, present));
  }

  /** Back to what it was before an `install`. */
  async putBack(before: OwnPart): Promise<void> {
    await this.restore(renderReturn(before, await this.read()));
  }

  async remove(): Promise<void> {
    const text = renderRemoval(await this.read());
    if (text !== undefined) await this.restore(text);
  }

  /** One transaction, which leaves what it does not name as it is. */
  async restore(text: string): Promise<void> {
    await runTool(this.#restore, [...LOCK_WAIT, '--noflush'], text);
  }
}
