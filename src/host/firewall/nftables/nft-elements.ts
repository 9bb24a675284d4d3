import type { SetChange } from '../../../core/nft/elements.ts';
import { SystemCallError } from '../../ffi/system-call-error.ts';
import { MessageWriter } from '../../netlink/message-writer.ts';
import { openFilterSocket } from '../../netlink/netlink-socket.ts';
import { readRuleGeneration } from '../ruleset/rule-generation.ts';
import { writeTransaction } from './nft-element-messages.ts';

/** asm-generic/errno-base.h. */
const EEXIST = 17;

/** No ruleset changes two thousand million times between two checks. */
const FAR_OFF = 0x80000000;

/**
 * Elements of nftables sets, without text: libnftables parses each command, and lists the tables again after each
 * change.
 */
export class NftElements {
  readonly #socket = openFilterSocket('the sets of nftables');
  readonly #writer = new MessageWriter();

  /**
   * As `change`, for leases that are most likely new: skipping the deletion of old elements saves three messages per
   * change, and later work in the kernel.
   */
  open(changes: readonly SetChange[]): void {
    const fresh = withoutOut(changes);
    const isOverGone = changes.every(({ out, into }) => out.length === into.length);
    const errno = isOverGone ? this.#transact(fresh) : EEXIST;
    if (errno === EEXIST) this.change(changes);
    else if (errno !== 0) throw refusal(changes, errno);
  }

  /** Names a generation that the ruleset does not have, so that the kernel rejects the transaction unread. */
  rehearse(changes: readonly SetChange[]): void {
    const current = readRuleGeneration();
    if (current !== undefined) this.#transact(withoutOut(changes), (current ^ FAR_OFF) >>> 0);
  }

  /** All of it, or nothing. Throws a `SystemCallError`: ENOENT if a set or its table is gone. */
  change(changes: readonly SetChange[]): void {
    const errno = this.#transact(changes);
    if (errno !== 0) throw refusal(changes, errno);
  }

  close(): void {
    this.#socket.close();
  }

  /** `generation`: the only ruleset generation that it applies to. Absent: any. */
  #transact(changes: readonly SetChange[], generation?: number): number {
    if (changes.length === 0) return 0;
    return this.#socket.transact((sequence) => writeTransaction(this.#writer, changes, sequence, generation));
  }
}

function withoutOut(changes: readonly SetChange[]): SetChange[] {
  return changes.filter(({ into }) => into.length > 0).map((change) => ({ ...change, out: [] }));
}

function refusal(changes: readonly SetChange[], errno: number): SystemCallError {
  const names = changes.map(({ ownTable: { family, table }, set }) => `${family} ${table} ${set}`);
  const subject = names.length > 3 ? `${names.slice(0, 3).join(', ')} and others` : names.join(', ');
  return new SystemCallError('change', subject, errno);
}
