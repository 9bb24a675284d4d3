import { fileURLToPath } from 'node:url';
import { Namespace } from './namespace.ts';
import { Program } from './program.ts';
import { addAddresses, CLIENT, CLIENT6, SERVER, SERVER6, Wire } from './wire.ts';

const RELAY = fileURLToPath(new URL('delay-relay.ts', import.meta.url));

/** A client and a server, with so many milliseconds from one to the other: half of a round trip. */
export type Link = AsyncDisposable & { readonly client: Namespace; readonly server: Namespace };

export async function openLink(oneWayMs: number): Promise<Link> {
  if (oneWayMs === 0) return Wire.create();
  const client = await Namespace.create();
  const server = await Namespace.create();
  const relay = new Program(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    RELAY,
    client.name,
    server.name,
    `${oneWayMs}`,
  ]);
  await relay.saw(/ready/);
  await addAddresses(client, 'eth0', CLIENT, CLIENT6);
  await addAddresses(server, 'eth0', SERVER, SERVER6);
  return {
    client,
    server,
    [Symbol.asyncDispose]: async () => {
      await relay[Symbol.asyncDispose]();
      await client[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
