/**
 * A firewall adapter in a process of its own, which runs in the network namespace that it is to change. Argument: which
 * adapter, as JSON (`DriverAdapter`). Reads `[id, method, ...arguments]` as JSON, one a line; answers
 * `done ID MICROSECONDS RESULT` or `failed ID MESSAGE`, and says `changed` when the watch does.
 */
import { flushCompileCache } from 'node:module';
import { createInterface } from 'node:readline';
import type { Readiness } from '../../src/host/ffi/readiness.ts';
import type { Firewall } from '../../src/host/firewall/contract/firewall.ts';
import type { IptablesOptions } from '../../src/host/firewall/iptables/open-iptables-firewall.ts';
import type { NftablesOptions } from '../../src/host/firewall/nftables/nftables-firewall.ts';

export type DriverAdapter =
  | ({ readonly kind: 'nftables' } & NftablesOptions)
  | ({ readonly kind: 'iptables' } & IptablesOptions)
  /** Whichever the host is found to have. */
  | { readonly kind: 'auto' };

async function open(adapter: DriverAdapter): Promise<Firewall> {
  switch (adapter.kind) {
    case 'nftables': {
      const { openNftablesFirewall } = await import('../../src/host/firewall/nftables/nftables-firewall.ts');
      return openNftablesFirewall(adapter);
    }
    case 'iptables': {
      const { openIptablesFirewall } = await import(
        '../../src/host/firewall/iptables/open-iptables-firewall.ts'
      );
      return openIptablesFirewall(adapter);
    }
    case 'auto': {
      const { openFirewall } = await import('../../src/app/daemon/firewall/open-firewall.ts');
      return (await openFirewall({})).firewall;
    }
  }
}

const firewall = await open(JSON.parse(process.argv[2] ?? '') as DriverAdapter);
const watches: Readiness[] = [];

async function call(method: string, args: readonly unknown[]): Promise<unknown> {
  if (method === 'watch') {
    watches.push(firewall.watch(() => console.log('changed')));
    return;
  }
  if (method === 'shortcoming' || method === 'warnings') return firewall[method];
  const run = firewall[method as 'isInPlace'] as (...args: unknown[]) => Promise<unknown>;
  return run.apply(firewall, [...args]);
}

// Tests end this program by a signal, with which Node.js keeps nothing of what it has compiled.
flushCompileCache();
console.log(`opened ${firewall.name}`);
for await (const line of createInterface({ input: process.stdin })) {
  const [id, method, ...args] = JSON.parse(line) as [number, string, ...unknown[]];
  const began = performance.now();
  try {
    const result = await call(method, args);
    const micros = Math.round((performance.now() - began) * 1000);
    console.log(`done ${id} ${micros} ${JSON.stringify(result ?? null)}`);
  } catch (error) {
    console.log(`failed ${id} ${String(error).replaceAll('\n', ' ')}`);
  }
}
for (const watch of watches) watch.close();
firewall.close();
