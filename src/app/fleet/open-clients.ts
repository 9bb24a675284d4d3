import type { EngineAddress } from '../../core/fleet/engine-address.ts';
import { type EngineClient, openEngineClient } from '../../host/engine/engine-client.ts';
import { EngineError } from '../../host/engine/engine-error.ts';
import { type EngineFiles, readEngineFiles } from '../../host/engine/engine-files.ts';
import { type EngineTarget, renderTarget } from '../../host/engine/engine-socket.ts';
import { findPrimary } from '../../host/engine/find-primary.ts';
import { list, readText } from './engine-replies.ts';

/**
 * The connections to one engine. A waiting command blocks those behind it, and a subscribed connection may send no
 * requests, so there are several.
 */
export type EngineClients = {
  readonly where: string;
  readonly writer: EngineClient;
  readonly reader: EngineClient;
  readonly hearer: EngineClient;
};

/** `attempt`: counts from 0; another sentinel is asked first each time. Throws an `EngineError`. */
export async function openClients(
  engine: EngineAddress,
  directory: string,
  attempt: number,
): Promise<EngineClients> {
  const files = readEngineFiles(directory);
  const target = await targetOf(engine, files, attempt);
  const { user } = engine;
  const { password } = files;
  const login = { ...(user === undefined ? {} : { user }), ...(password === undefined ? {} : { password }) };
  const writer = await openEngineClient(target, files, login);
  const opened = [writer];
  try {
    await requirePrimary(writer, renderTarget(target));
    const reader = await openEngineClient(target, files, login);
    opened.push(reader);
    const hearer = await openEngineClient(target, files, login);
    return { where: renderTarget(target), writer, reader, hearer };
  } catch (error) {
    for (const client of opened) client.reset();
    throw error;
  }
}

/** A replica that was the primary accepts no writes; one that still believes to be the primary loses them. */
export async function requirePrimary(client: EngineClient, where: string): Promise<void> {
  const [role] = list(await client.call(['ROLE']));
  if (readText(role) !== 'master')
    throw new EngineError('READONLY', `${where} is not the primary: name the sentinels, or the primary`);
}

async function targetOf(engine: EngineAddress, files: EngineFiles, attempt: number): Promise<EngineTarget> {
  switch (engine.kind) {
    case 'socket':
      return { kind: 'socket', path: engine.path };
    case 'server':
      return { kind: 'place', tls: engine.tls, place: engine.place };
    case 'sentinels':
      return { kind: 'place', tls: engine.tls, place: await findPrimary(engine, files, attempt) };
    default:
      return engine satisfies never;
  }
}
