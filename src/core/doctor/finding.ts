import type { FixKind } from '../firewall/judge/fix-rules.ts';

/** `unknown`: it could not be determined, and the message says why. */
export type Verdict = 'ok' | 'warning' | 'problem' | 'unknown';

/** If the daemon's own rules would close the port: how to start it on this host. */
export const STARTS = [
  'systemctl-start',
  'systemctl-unmask',
  'systemctl-restart',
  'init-start',
  'knockd-start',
  'knockd-restart',
] as const;

export type StartKind = (typeof STARTS)[number];

/** Ways to close a port. */
const CLOSING = [
  ...STARTS,
  'ufw-delete',
  'ufw-prepend',
  'firewalld-remove',
  'firewalld-drop',
  'iptables-delete',
  'iptables-insert',
  'iptables-append',
  'nft-delete',
  'nft-insert',
  'nft-add',
  'nft-table',
] as const satisfies readonly (FixKind | StartKind)[];

/**
 * All findings, and the kinds of command that fix each. An empty list means hints only, because only the owner knows
 * what is right. Each kind has a test that runs the command as printed and checks again.
 */
export const FINDINGS = {
  privileges: [],
  'library-koffi': ['npm-ci'],
  'library-libpcap': ['package'],
  'library-libnftables': ['package'],
  // The kernel's clock is correct once a time server has answered.
  clock: [],
  configuration: ['chmod'],
  'daemon-running': STARTS,
  trial: ['confirm'],
  // The amount of traffic is up to others.
  'packets-lost': [],
  // What spreads the packets is another machine.
  'knocks-spread': [],
  // The engine and the other members are other machines.
  'fleet-engine': [],
  'fleet-clock': [],
  'fleet-rights': [],
  'fleet-member': [],
  'another-knockd': ['kill', 'systemctl-disable'],
  'service-enabled': [
    'systemctl-enable',
    'systemctl-unmask',
    'install-unit',
    'allow-start',
    'rc-update',
    'update-rc.d',
    'confirm',
  ],
  'log-rotation': ['logrotate-file', 'logrotate-package'],
  'interface-up': ['link-up'],
  address: [],
  'port-hidden': CLOSING,
  'ipv6-gap': CLOSING,
  'way-in': ['iptables-pass', 'nft-pass'],
  'container-bypass': ['forward', 'iptables-forward', 'nft-forward'],
  'service-listening': [],
  established: ['iptables-established', 'nft-established'],
  'default-policy': [],
  // From the client.
  name: [],
  opened: [],
  'not-hidden': [],
  'not-sent': [],
  'not-seen': [],
  'not-seen-or-wrong': [],
  'seen-but-wrong': [],
  'opened-but-unreachable': [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Scripts may rely on it. */
export type FindingId = keyof typeof FINDINGS;
export type RemedyKind<Id extends FindingId = FindingId> = (typeof FINDINGS)[Id][number];

/** A command for a POSIX shell, run as root, that fixes the finding. */
export type Fix<Kind extends string> = {
  readonly by: Kind;
  readonly command: string;
  /** What else to do, or to know beforehand. */
  readonly hint?: string;
};

/** Where to look, or what only the owner can decide. It fixes nothing by itself. */
export type Hint = { readonly hint: string };

/** A common mistake, and whether it occurs here. */
export type Finding = {
  readonly id: FindingId;
  readonly verdict: Verdict;
  readonly message: string;
  /** The command that fixes it, and its kind. */
  readonly remedy?: string;
  readonly by?: RemedyKind;
  readonly hint?: string;
};

/** Distributes over unions, so that a fix is of the finding's own kinds. */
type FixOrHint<Id extends FindingId> = Fix<RemedyKind<Id>> | Hint;

export const ok = (id: FindingId, message: string): Finding => ({ id, verdict: 'ok', message });

export const problem = <Id extends FindingId>(id: Id, message: string, cure: FixOrHint<Id>): Finding => ({
  id,
  verdict: 'problem',
  message,
  ...cureOf(cure),
});

export const warning = <Id extends FindingId>(id: Id, message: string, cure: FixOrHint<Id>): Finding => ({
  id,
  verdict: 'warning',
  message,
  ...cureOf(cure),
});

export const unknown = (id: FindingId, message: string, hint?: Hint): Finding => ({
  id,
  verdict: 'unknown',
  message,
  ...hint,
});

/** A hint to look at something. */
export const look = (command: string): Hint => ({ hint: `look with: ${command}` });

function cureOf(cure: Fix<RemedyKind> | Hint): Pick<Finding, 'remedy' | 'by' | 'hint'> {
  if (!('command' in cure)) return { hint: cure.hint };
  const { command: remedy, by, hint } = cure;
  return { remedy, by, ...(hint === undefined ? {} : { hint }) };
}
