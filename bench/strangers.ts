import { randomBytes } from 'node:crypto';
import { SERVER } from '../test/lab/wire.ts';
import type { SceneParts } from './flood-fixture.ts';

/** Hosts on the wire, each of which knocks once. */
export const STRANGERS = 40;
const FIRST_STRANGER = 100;

export const strangerOf = (n: number): string => `10.7.0.${FIRST_STRANGER + n}`;

/** Their addresses at the client. The server has to know them, or its kernel asks for each amidst a flood. */
export async function addStrangers({ wire, sender }: SceneParts): Promise<void> {
  const addresses = Array.from({ length: STRANGERS }, (_, n) => strangerOf(n));
  for (const address of addresses) await wire.client.ip(`addr add ${address}/24 dev eth0`);
  for (const address of addresses) await sender.send(address, SERVER, 9, randomBytes(1));
}
