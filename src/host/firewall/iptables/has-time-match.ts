import { readFileSync } from 'node:fs';
import type { Family } from '../../../core/net/address.ts';
import { isExhausted } from '../../ffi/is-exhausted.ts';
import { SystemCallError } from '../../ffi/system-call-error.ts';
import { bigEndian, renderAttribute } from '../../netlink/netlink-message.ts';
import { openFilterSocket } from '../../netlink/netlink-socket.ts';

/** linux/netfilter/nfnetlink.h, linux/netfilter/nf_tables_compat.h. */
const NFNL_SUBSYS_NFT_COMPAT = 11;
const NFNL_MSG_COMPAT_GET = 0;
const NFTA_COMPAT = { name: 1, revision: 2, type: 3 } as const;
const MATCH = 0;
const NFPROTO = { 4: 2, 6: 10 } as const;

/** Lists the loaded match types of iptables-legacy. */
const LEGACY_MATCHES = {
  4: '/proc/self/net/ip_tables_matches',
  6: '/proc/self/net/ip6_tables_matches',
} as const;

/** Whether the kernel has iptables' `time` match. Loads its module if there is one. */
export function hasTimeMatch(family: Family): boolean {
  return isKnownToNft(family) || isLoaded(family);
}

function isKnownToNft(family: Family): boolean {
  try {
    using socket = openFilterSocket('the matches of iptables');
    const body = Buffer.concat([
      // struct nfgenmsg: family, version, resource u16.
      Uint8Array.of(NFPROTO[family], 0, 0, 0),
      renderAttribute(NFTA_COMPAT.name, Buffer.from('time\0')),
      renderAttribute(NFTA_COMPAT.revision, bigEndian([0])),
      renderAttribute(NFTA_COMPAT.type, bigEndian([MATCH])),
    ]);
    return typeof socket.ask((NFNL_SUBSYS_NFT_COMPAT << 8) | NFNL_MSG_COMPAT_GET, body) !== 'number';
  } catch (error) {
    if (error instanceof SystemCallError && !isExhausted(error)) return false;
    throw error;
  }
}

function isLoaded(family: Family): boolean {
  try {
    return readFileSync(LEGACY_MATCHES[family], 'latin1').split('\n').includes('time');
  } catch {
    return false;
  }
}
