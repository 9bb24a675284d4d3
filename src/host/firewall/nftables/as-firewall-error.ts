import { LibnftablesError } from '../../ffi/libnftables.ts';
import { SystemCallError } from '../../ffi/system-call-error.ts';
import { FirewallError } from '../contract/firewall.ts';

/** Does it, and words what nftables or the kernel has against it. */
export function asFirewallError<Result>(what: string, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof LibnftablesError || error instanceof SystemCallError)) throw error;
    const remedy = /Operation not permitted|EPERM/.test(error.message)
      ? ': run it as root, or grant the capability cap_net_admin'
      : '';
    throw new FirewallError(`cannot ${what}: ${error.message}${remedy}`, { cause: error });
  }
}

/** Somebody else may change the rules between what was listed and what was done: then it is tried once more. */
export function withRetry<Result>(act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof LibnftablesError)) throw error;
    return act();
  }
}
