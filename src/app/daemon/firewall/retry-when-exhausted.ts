import { setTimeout as delay } from 'node:timers/promises';
import { ExhaustedError } from '../../../host/firewall/contract/firewall.ts';

/** Number of attempts, and the delay between them. */
const TRIES = 10;
const AGAIN_MS = 500;

/** Retries an action that failed for lack of descriptors, processes or memory. Running programs may soon free some. */
export async function retryWhenExhausted<T>(action: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof ExhaustedError) || tries === TRIES) throw error;
      await delay(AGAIN_MS);
    }
  }
}
