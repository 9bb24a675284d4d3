import { FirewallError } from '../contract/firewall.ts';
import { hasTimeMatch } from '../iptables/has-time-match.ts';
import { IpsetSocket } from '../iptables/ipset-socket.ts';

/** Whether the kernel can end leases in iptables by itself. If it may not be asked, assume yes. */
export function endsLeases(): boolean {
  if (process.geteuid?.() !== 0) return true;
  return hasSets() || ([4, 6] as const).every(hasTimeMatch);
}

function hasSets(): boolean {
  try {
    const socket = new IpsetSocket();
    try {
      return socket.isThere;
    } finally {
      socket.close();
    }
  } catch (error) {
    if (error instanceof FirewallError) return false;
    throw error;
  }
}
