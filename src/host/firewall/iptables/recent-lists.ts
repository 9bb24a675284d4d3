import { readFileSync, writeFileSync } from 'node:fs';
import { type Address, parseAddress } from '../../../core/net/address.ts';
import { FirewallError } from '../contract/firewall.ts';

/** The xt_recent lists of this network namespace, one file each (iptables-extensions(8), "recent"). */
const LISTS = '/proc/self/net/xt_recent';

/** Capacity of an xt_recent list: the module's default, and the file of its parameter. */
const DEFAULT_CAPACITY = 100;
const CAPACITY_FILE = '/sys/module/xt_recent/parameters/ip_list_tot';

/** The sources whose single-use leases are unused: a rule removes a source when it lets it in. */
export const recentLists = {
  /** `undefined`: no rule uses the list. */
  read(list: string): Set<Address> | undefined {
    let text: string;
    try {
      text = readFileSync(`${LISTS}/${list}`, 'latin1');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw refusal('read', list, error);
    }
    const sources = [...text.matchAll(/^src=(\S+)/gm)].map((found) => parseAddress(found[1] ?? ''));
    return new Set(sources.filter((source) => source !== undefined));
  },

  /**
   * BOUNDED: by the kernel, which would drop the oldest entry for a new one. Leases that are over (`isOver`) make room;
   * without room, the new lease is refused. Returns whether the source was not listed.
   */
  add(list: string, source: Address, isOver: (source: Address) => boolean): boolean {
    const present = recentLists.read(list) ?? new Set();
    const capacity = readCapacity();
    if (!present.has(source) && present.size >= capacity) {
      const over = [...present].filter(isOver);
      if (over.length === 0) {
        throw new FirewallError(
          `the kernel keeps at most ${capacity} unused single-use leases of a door, and this limit is reached: ` +
            `load the module xt_recent with a higher ip_list_tot`,
        );
      }
      for (const old of over) write(list, `-${old}`);
    }
    write(list, `+${source}`);
    return !present.has(source);
  },

  delete(list: string, source: Address): void {
    if (recentLists.read(list)?.has(source)) write(list, `-${source}`);
  },
};

function write(list: string, text: string): void {
  try {
    writeFileSync(`${LISTS}/${list}`, `${text}\n`);
  } catch (error) {
    throw refusal('write', list, error);
  }
}

function readCapacity(): number {
  try {
    return Number(readFileSync(CAPACITY_FILE, 'latin1')) || DEFAULT_CAPACITY;
  } catch {
    return DEFAULT_CAPACITY;
  }
}

function refusal(call: string, list: string, error: unknown): FirewallError {
  return new FirewallError(`${call} ${LISTS}/${list}: ${(error as Error).message}`);
}
