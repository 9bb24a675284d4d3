import { setTimeout as delay } from 'node:timers/promises';
import { ExhaustedError } from '../../../host/firewall/contract/firewall.ts';

/** How often it is tried, and how soon again. */
const TRIES = 10;
const AGAIN_MS = 500;

/** Does it once more where there was no descriptor, process or memory: what runs still may give some back. */
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
