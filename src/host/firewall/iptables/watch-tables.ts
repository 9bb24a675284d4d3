import type { Millis } from '../../../core/net/time.ts';
import { isExhausted } from '../../ffi/is-exhausted.ts';
import type { Readiness } from '../../ffi/readiness.ts';
import { SystemCallError } from '../../ffi/system-call-error.ts';
import { watchRules } from '../ruleset/rule-watch.ts';

/**
 * Calls back after each change of iptables rules in nf_tables (including its own commands, which are separate
 * processes), and at this interval: the kernel does not report changes of iptables-legacy and ipset.
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
