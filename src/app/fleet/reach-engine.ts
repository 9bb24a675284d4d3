import type { FleetBegin } from '../../core/control/fleet-link.ts';
import { parseEngine } from '../../core/fleet/engine-address.ts';
import { EngineError } from '../../host/engine/engine-error.ts';
import { findWideRights } from './find-wide-rights.ts';
import { type EngineClients, openClients } from './open-clients.ts';
import { wait } from './wait.ts';

/** Waits grow, so that a restarted engine is found soon and a refusing one is not asked all the time. */
const FIRST_WAIT_MS = 100;
const LOST_WAIT_MS = 500;
const REFUSED_WAIT_MS = 5000;

export type Reached = { readonly clients: EngineClients; readonly wide: readonly string[] };

export type ReachParts = {
  /** The engine's present address: the configuration may change meanwhile. */
  readonly begin: () => FleetBegin;
  /** The directory with the files for the engine. */
  readonly directory: string;
  readonly onTrouble: (why: string) => void;
  /** How long to wait before the first attempt. */
  readonly first: number;
};

/** Tries until the engine is reached; `undefined`: aborted. */
export async function reachEngine(
  { begin, directory, onTrouble, first }: ReachParts,
  signal: AbortSignal,
): Promise<Reached | undefined> {
  if (first > 0) await wait(first, signal);
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      return await reachOnce(begin(), directory, attempt);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      onTrouble(error.message);
      await wait(waitAfter(error, attempt), signal);
    }
  }
  return undefined;
}

async function reachOnce({ engine: text }: FleetBegin, directory: string, attempt: number): Promise<Reached> {
  const reading = parseEngine(text);
  if (reading.kind === 'bad') throw new EngineError('EINVAL', reading.reason, true);
  const clients = await openClients(reading.engine, directory, attempt);
  try {
    return { clients, wide: await findWideRights(clients.writer) };
  } catch (error) {
    for (const client of [clients.writer, clients.reader, clients.hearer]) client.reset();
    throw error;
  }
}

/** No further wait after a timeout, which was a wait itself. */
export function waitAfter(
  { code, isAnswer }: Pick<EngineError, 'code' | 'isAnswer'>,
  attempt: number,
): number {
  if (code === 'TIMEOUT') return 0;
  const longest = isAnswer && code !== 'LOADING' ? REFUSED_WAIT_MS : LOST_WAIT_MS;
  return Math.min(longest, FIRST_WAIT_MS * 2 ** Math.min(attempt, 10)) * (0.75 + Math.random() / 2);
}
