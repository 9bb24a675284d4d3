import { LibnftablesError } from '../../ffi/libnftables.ts';
import { SystemCallError } from '../../ffi/system-call-error.ts';
import { FirewallError } from '../contract/firewall.ts';

/** Does it, and turns an error of nftables or the kernel into a `FirewallError`. */
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

/** Other programs may change the rules between listing and changing: then tries once more. */
export function withRetry<Result>(act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof LibnftablesError)) throw error;
    return act();
  }
}
