import { NETLINK_NETFILTER } from '../../ffi/open-netlink.ts';
import type { Readiness } from '../../ffi/readiness.ts';
import { watchNetlink } from '../../netlink/netlink-events.ts';
import { isForeignChange } from './read-generation.ts';

/** linux/netfilter/nfnetlink.h. */
const NFNLGRP_NFTABLES = 7;

/**
 * A ruleset is often loaded in many small transactions. Those that follow the first one this closely cause only one
 * call.
 */
const SETTLE_MS = 50;

/** Calls back after each change of this namespace's nftables by another process. */
export function watchRules(onChange: () => void): Readiness {
  let settling: NodeJS.Timeout | undefined;
  const readiness = watchNetlink(
    {
      protocol: NETLINK_NETFILTER,
      groups: 1 << (NFNLGRP_NFTABLES - 1),
      subject: 'the netfilter netlink socket',
    },
    (bytes) => isForeignChange(bytes, process.pid),
    () => {
      settling ??= setTimeout(() => {
        settling = undefined;
        onChange();
      }, SETTLE_MS);
    },
  );
  return {
    ...readiness,
    close: () => {
      clearTimeout(settling);
      readiness.close();
    },
  };
}
