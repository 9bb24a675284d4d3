import { readFileSync } from 'node:fs';
import { addressOf } from '../../core/firewall/judge/ip-range.ts';
import type { HostRoutes } from '../../core/firewall/judge/journey.ts';
import type { Family } from '../../core/net/address.ts';
import type { HostInterface } from '../../core/net/host-interface.ts';
import { SystemCallError } from '../ffi/system-call-error.ts';
import { openRouteSocket } from '../netlink/netlink-socket.ts';
import { RTM_GETROUTE, renderRouteQuery, routeOf } from '../netlink/route-messages.ts';

/** asm-generic/errno.h: the kernel's answers when there is no route. */
const NO_ROUTE: ReadonlySet<number> = new Set([101, 113, 13]);

/** The kernel's own routes, asked once per address. */
export class KernelRoutes implements HostRoutes, Disposable {
  readonly #socket = openRouteSocket();
  readonly #names: ReadonlyMap<number, string>;
  /** BOUNDED: by the addresses in rules. */
  readonly #known = new Map<string, string | undefined>();

  constructor(interfaces: readonly HostInterface[]) {
    this.#names = new Map(interfaces.map(({ index, name }) => [index, name]));
  }

  readonly routeTo: HostRoutes['routeTo'] = (family, number) => {
    const address = addressOf(family, number);
    if (!this.#known.has(address)) this.#known.set(address, this.#ask(renderRouteQuery(address)));
    return this.#known.get(address);
  };

  readonly sendsOn = sendsOn;

  #ask(query: Uint8Array): string | undefined {
    try {
      const answer = this.#socket.ask(RTM_GETROUTE, query);
      if (typeof answer === 'number') return NO_ROUTE.has(answer) ? 'none' : undefined;
      const way = routeOf(answer);
      return typeof way === 'number' ? this.#names.get(way) : way;
    } catch (error) {
      if (error instanceof SystemCallError) return undefined;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

/** Whether the kernel forwards packets that arrive on this interface; `undefined`: unknown. */
export function sendsOn(family: Family, name: string): boolean | undefined {
  try {
    const file = `/proc/sys/net/ipv${family}/conf/${name}/forwarding`;
    return readFileSync(file, 'latin1').trim() !== '0';
  } catch {
    return undefined;
  }
}
