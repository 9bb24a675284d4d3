import type { MendKind } from '../firewall/judge/mend.ts';

/** `unknown`: it could not be judged, and the message says why. */
export type Verdict = 'ok' | 'warning' | 'problem' | 'unknown';

/** Where it is the daemon's own rules that close: what starts it on this host. */
export const STARTS = [
  'systemctl-start',
  'systemctl-unmask',
  'systemctl-restart',
  'init-start',
  'knockd-start',
  'knockd-restart',
] as const;

export type StartKind = (typeof STARTS)[number];

/** What closes a port. */
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
] as const satisfies readonly (MendKind | StartKind)[];

/**
 * Every finding there is, and the kinds of command that mend it. Where the list is empty there are hints alone: nobody but
 * the owner knows what is right. Each kind has a test that types the command as it is printed and looks again.
 */
export const FINDINGS = {
  privileges: [],
  'library-koffi': ['npm-ci'],
  'library-libpcap': ['package'],
  'library-libnftables': ['package'],
  // The clock is the kernel's, and it is right when a time server has answered.
  clock: [],
  configuration: ['chmod'],
  'daemon-running': STARTS,
  trial: ['confirm'],
  // What comes is up to others.
  'packets-lost': [],
  // What spreads the packets is another machine.
  'knocks-spread': [],
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

/** A command for a POSIX shell, run as root, that mends the finding. */
export type Mend<Kind extends string> = {
  readonly by: Kind;
  readonly command: string;
  /** What to do besides, or to know before. */
  readonly hint?: string;
};

/** Where to look, or what only the owner can decide. It mends nothing by itself. */
export type Hint = { readonly hint: string };

/** One thing that commonly goes wrong, and whether it does here. */
export type Finding = {
  readonly id: FindingId;
  readonly verdict: Verdict;
  readonly message: string;
  /** The command that mends it, and of which kind it is. */
  readonly remedy?: string;
  readonly by?: RemedyKind;
  readonly hint?: string;
};

/** Distributes, so that a cure is of the finding's own kinds. */
type Cure<Id extends FindingId> = Mend<RemedyKind<Id>> | Hint;

export const ok = (id: FindingId, message: string): Finding => ({ id, verdict: 'ok', message });

export const problem = <Id extends FindingId>(id: Id, message: string, cure: Cure<Id>): Finding => ({
  id,
  verdict: 'problem',
  message,
  ...cureOf(cure),
});

export const warning = <Id extends FindingId>(id: Id, message: string, cure: Cure<Id>): Finding => ({
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

/** Something to look at. */
export const look = (command: string): Hint => ({ hint: `look with: ${command}` });

function cureOf(cure: Mend<RemedyKind> | Hint): Pick<Finding, 'remedy' | 'by' | 'hint'> {
  if (!('command' in cure)) return { hint: cure.hint };
  const { command: remedy, by, hint } = cure;
  return { remedy, by, ...(hint === undefined ? {} : { hint }) };
}
