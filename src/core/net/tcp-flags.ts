/** The six flags of RFC 793 as bits of the 14th byte of a TCP header. */
export const TCP_FLAG = { fin: 0x01, syn: 0x02, rst: 0x04, psh: 0x08, ack: 0x10, urg: 0x20 } as const;

export type TcpFlagName = keyof typeof TCP_FLAG;

export const TCP_FLAGS_MASK = 0x3f;

/** A packet meets the rule if `flags & mask === value`. Every packet meets `{mask: 0, value: 0}`. */
export type FlagRule = { readonly mask: number; readonly value: number };

export const ANY_FLAGS: FlagRule = { mask: 0, value: 0 };

export function parseTcpFlagName(text: string): TcpFlagName | undefined {
  const lower = text.toLowerCase();
  return Object.hasOwn(TCP_FLAG, lower) ? (lower as TcpFlagName) : undefined;
}

/** `rule` with one more flag required to be set, or not set. A later word on the same flag replaces the earlier one. */
export function withFlag(rule: FlagRule, name: TcpFlagName, set: boolean): FlagRule {
  const bit = TCP_FLAG[name];
  return { mask: rule.mask | bit, value: set ? rule.value | bit : rule.value & ~bit };
}

export function meetsFlagRule(rule: FlagRule, flags: number): boolean {
  return (flags & rule.mask) === rule.value;
}

/** As `tcpflags` writes them: `syn,ack`, or `none`. */
export function renderFlags(flags: number): string {
  const set = Object.entries(TCP_FLAG).filter(([, bit]) => (flags & bit) !== 0);
  return set.length === 0 ? 'none' : set.map(([name]) => name).join(',');
}

/** As `tcpflags` writes it: `syn,!ack`. */
export function renderFlagRule({ mask, value }: FlagRule): string {
  return Object.entries(TCP_FLAG)
    .filter(([, bit]) => (mask & bit) !== 0)
    .map(([name, bit]) => ((value & bit) === 0 ? `!${name}` : name))
    .join(',');
}
