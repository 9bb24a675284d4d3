import type { EngineClient } from '../../host/engine/engine-client.ts';
import { EngineError } from '../../host/engine/engine-error.ts';

/** Harmless commands that the carrier never needs, and what it means if the engine runs them. */
const PROBES: readonly (readonly [readonly [string, ...string[]], string])[] = [
  [['EXISTS', 'bussa-probe'], 'it may read keys that are not of the fleet'],
  [['CONFIG', 'GET', 'port'], 'it may read and change the configuration of the engine (CONFIG)'],
  [['ACL', 'WHOAMI'], 'it may see and change who may do what (ACL)'],
  [['DEL', '{bussa:probe}:claim:none'], 'it may delete keys that are not of its fleet'],
];

/** What this member may do in the engine beyond its needs, in words. */
export async function findWideRights(client: EngineClient): Promise<readonly string[]> {
  const wide: string[] = [];
  for (const [words, finding] of PROBES) {
    try {
      await client.call(words);
      wide.push(finding);
    } catch (error) {
      if (!(error instanceof EngineError) || !error.isAnswer) throw error;
    }
  }
  return wide;
}
