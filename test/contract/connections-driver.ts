/**
 * `NetlinkConnections` in a process of its own, which runs in the network namespace that it is to look at. Reads
 * `[id, method, sources, ports]` as JSON, one a line; answers `done ID RESULT` or `failed ID MESSAGE`. The methods are
 * `listNow`, `list`, and `cut`, of what `listNow` finds.
 */
import { flushCompileCache } from 'node:module';
import { createInterface } from 'node:readline';
import type { Address } from '../../src/core/net/address.ts';
import type { QueriedPorts } from '../../src/host/connections/connections.ts';
import { NetlinkConnections } from '../../src/host/connections/netlink-connections.ts';

const connections = new NetlinkConnections();

async function call(
  method: string,
  sources: readonly Address[] | 4 | 6,
  ports: QueriedPorts[],
): Promise<unknown> {
  const sought = { sources: typeof sources === 'number' ? sources : new Set(sources), ports };
  if (method === 'list') return connections.list(sought);
  const found = connections.listNow(sought);
  if (method === 'cut') connections.cut(found);
  return found;
}

// Tests end this program by a signal, with which Node.js keeps nothing of what it has compiled.
flushCompileCache();
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [id, method, sources, ports] = JSON.parse(line) as [number, string, Address[], QueriedPorts[]];
  try {
    console.log(`done ${id} ${JSON.stringify(await call(method, sources, ports))}`);
  } catch (error) {
    console.log(`failed ${id} ${String(error).replaceAll('\n', ' ')}`);
  }
}
