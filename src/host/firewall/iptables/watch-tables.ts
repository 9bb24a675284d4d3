import type { Millis } from '../../../core/net/time.ts';
import { isExhausted } from '../../ffi/is-exhausted.ts';
import type { Readiness } from '../../ffi/readiness.ts';
import { SystemCallError } from '../../ffi/system-call-error.ts';
import { watchRules } from '../ruleset/rule-watch.ts';

/**
 * Calls back after each change of rules that iptables has made in nf_tables (changes of its own commands too: they
 * are processes of their own), and every so often besides: of changes by iptables-legacy and ipset the kernel tells nobody.
 */
export function watchTables(onChange: () => void, every: Millis): Readiness {
  const events = watchEvents(onChange);
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => clearInterval(timer);
  const start = (): void => {
    stop();
    timer = setInterval(onChange, every).unref();
  };
  start();
  return {
    pause: () => {
      stop();
      events?.pause();
    },
    resume: () => {
      start();
      events?.resume();
    },
    close: () => {
      stop();
      events?.close();
    },
  };
}

/** A kernel without nf_tables has no such events. */
function watchEvents(onChange: () => void): Readiness | undefined {
  try {
    return watchRules(onChange);
  } catch (error) {
    if (error instanceof SystemCallError && !isExhausted(error)) return undefined;
    throw error;
  }
}
