export type Protocol = 'tcp' | 'udp';

/** Protocol numbers of the IP header (IANA "Assigned Internet Protocol Numbers"). */
export const PROTOCOL_NUMBER = { tcp: 6, udp: 17 } as const satisfies Record<Protocol, number>;

export function parseProtocol(text: string): Protocol | undefined {
  const lower = text.toLowerCase();
  return lower === 'tcp' || lower === 'udp' ? lower : undefined;
}
