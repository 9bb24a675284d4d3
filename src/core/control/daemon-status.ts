import type { Instant, Millis } from '../net/time.ts';
import type { SplitDoor } from '../trace/split-sequences.ts';
import { FLEET_STATUS, type FleetStatus } from './fleet-status.ts';
import {
  CODE_COUNTS,
  type CodeCounts,
  PROOF_COUNTS,
  type ProofCounts,
  SPA_COUNTS,
  type SpaCounts,
} from './proof-counts.ts';
import { either, type Fields, list, optional, type Reader, record, word } from './reader.ts';
import { FLAG, MOMENT, NUMBER, SPAN, TEXT } from './value-readers.ts';

/**
 * What is counted from the daemon's start on; none of it ever goes back.
 * `knocks`: packets that were a knock at a door, each once · `advanced` to `evicted`: what became of attempts, as in
 * `STEP` · `scans`: sources that came into penalty · `opened`, `extended`, `closed`: leases · `refused`: what was
 * completed or asked for, and not opened · `commands`: run · `commandsFailed` · `reloads`, `reloadsRefused` ·
 * `warnings`, `errors`: told to the log.
 */
export const COUNTED = [
  'knocks',
  'advanced',
  'failed',
  'expired',
  'evicted',
  'completed',
  'withheld',
  'scans',
  'opened',
  'extended',
  'closed',
  'refused',
  'commands',
  'commandsFailed',
  'reloads',
  'reloadsRefused',
  'warnings',
  'errors',
] as const;

export type Counted = (typeof COUNTED)[number];
export type DaemonCounts = Readonly<Record<Counted, number>>;

/** A line of the log, and when it was written by the wall clock. */
export type TimedLine = { readonly at: Instant; readonly text: string };

/** `missing`: it is retried again and again to put the rules in place. `unused`: no door opens ports. */
export type FirewallStatus =
  | { readonly kind: 'in-place' | 'missing'; readonly name: string; readonly why: string }
  | { readonly kind: 'unreachable' | 'unused' };

/** What the whole ruleset does to strangers at the doors' ports. Sentences begin with the ports' names. */
export type Exposure = {
  /** `tcp/22`, judged closed to strangers over each family in use. */
  readonly closed: readonly string[];
  /** `tcp/22 is open to everybody over IPv6: by …`. */
  readonly open: readonly string[];
  /** `tcp/22 over IPv4 could not be judged: …`. */
  readonly unjudged: readonly string[];
  /** `tcp/22 stays shut over IPv4 even after a knock: … drops it; …`. */
  readonly shut: readonly string[];
};

/** As of the last judgement; `at`: when rules were last looked at. */
export type ExposureStatus = Exposure & { readonly at: Instant };

/** An interface that is listened on. */
export type HeardInterface = { readonly name: string; readonly up: boolean };

/** What a daemon was started with, for whoever judges or starts it. Paths are absolute. */
export type StartOptions = {
  readonly configFile: string;
  /** `-i`, which goes before the configuration's `Interface`. */
  readonly interfaces?: string;
  /** `-g`; the configuration's `LogFile` goes before it. */
  readonly logFile?: string;
  readonly pidFile?: string;
  /** False with `-4`. */
  readonly ipv6: boolean;
  readonly lookUpNames: boolean;
  /** A service manager started it. */
  readonly isService: boolean;
};

/** How the daemon is, as numbers: made in one place for all that show it. Moments are by the wall clock. */
export type DaemonStatus = {
  readonly version: string;
  readonly pid: number;
  readonly startedAt: Instant;
  readonly uptime: Millis;
  readonly configFile: string;
  /** What it was started with. */
  readonly options: StartOptions;
  /** As the log says it. */
  readonly listeningOn: string;
  /** The first of them, where there are very many. */
  readonly interfaces: readonly HeardInterface[];
  readonly firewall: FirewallStatus;
  /** When the rules and the interfaces were last looked at, which follows each change, and 30 s without one. */
  readonly looked: { readonly interfaces: Instant; readonly firewall?: Instant };
  /** What the whole ruleset does to strangers; absent where no door opens ports, and before it is known. */
  readonly exposure?: ExposureStatus;
  readonly doors: number;
  /** `failed`: of those that are open, the ones whose start command has failed. */
  readonly leases: { readonly open: number; readonly failed: number; readonly max: number };
  /** Those that the capture filter passed, and those lost of them because they came too fast. */
  readonly packets: { readonly passed: number; readonly dropped: number };
  /** Since the start. */
  readonly counts: DaemonCounts;
  /** Signed knocks since the start; absent where no door takes them. */
  readonly signed?: ProofCounts;
  /** Absent where no door accepts codes. */
  readonly codes?: CodeCounts;
  /** Packets of fwknop since the start; absent where no door takes them. */
  readonly spa?: SpaCounts;
  /** Attempts that have begun and not ended, now. */
  readonly attempts: number;
  /** Decoy ports touched since the start; sources that have to knock twice for it, now. */
  readonly tripwires: { readonly touches: number; readonly suspects: number };
  /** Doors whose sequences reach this host in parts, as behind a router that spreads packets over several hosts; absent if none. */
  readonly splits?: readonly SplitDoor[];
  /** Addresses and prefixes, now. */
  readonly bans: number;
  /** Nobody has confirmed yet that the doors work. */
  readonly unconfirmed: boolean;
  /** Until everything is undone, where somebody has to confirm it. */
  readonly trialLeft?: Millis;
  readonly lastError?: TimedLine;
  /** Absent where no `[fleet]` is configured. */
  readonly fleet?: FleetStatus;
};

const FIREWALL: Reader<FirewallStatus> = either(
  record<Extract<FirewallStatus, { readonly name: string }>>({
    kind: word('in-place', 'missing'),
    name: TEXT,
    why: TEXT,
  }),
  record<Exclude<FirewallStatus, { readonly name: string }>>({ kind: word('unreachable', 'unused') }),
);

const EXPOSURE = record<ExposureStatus>({
  closed: list(TEXT),
  open: list(TEXT),
  unjudged: list(TEXT),
  shut: list(TEXT),
  at: MOMENT,
});

const COUNTS: Reader<DaemonCounts> = record<DaemonCounts>(
  Object.fromEntries(COUNTED.map((what) => [what, NUMBER])) as Fields<DaemonCounts>,
);

const START_OPTIONS = record<StartOptions>({
  configFile: TEXT,
  interfaces: optional(TEXT),
  logFile: optional(TEXT),
  pidFile: optional(TEXT),
  ipv6: FLAG,
  lookUpNames: FLAG,
  isService: FLAG,
});

export const DAEMON_STATUS = record<DaemonStatus>({
  version: TEXT,
  pid: NUMBER,
  startedAt: MOMENT,
  uptime: SPAN,
  configFile: TEXT,
  options: START_OPTIONS,
  listeningOn: TEXT,
  interfaces: list(record<HeardInterface>({ name: TEXT, up: FLAG })),
  firewall: FIREWALL,
  looked: record<DaemonStatus['looked']>({ interfaces: MOMENT, firewall: optional(MOMENT) }),
  exposure: optional(EXPOSURE),
  doors: NUMBER,
  leases: record<DaemonStatus['leases']>({ open: NUMBER, failed: NUMBER, max: NUMBER }),
  packets: record<DaemonStatus['packets']>({ passed: NUMBER, dropped: NUMBER }),
  counts: COUNTS,
  signed: optional(PROOF_COUNTS),
  codes: optional(CODE_COUNTS),
  spa: optional(SPA_COUNTS),
  attempts: NUMBER,
  tripwires: record<DaemonStatus['tripwires']>({ touches: NUMBER, suspects: NUMBER }),
  splits: optional(list(record<SplitDoor>({ door: TEXT, tries: NUMBER, parts: NUMBER }))),
  bans: NUMBER,
  unconfirmed: FLAG,
  trialLeft: optional(SPAN),
  lastError: optional(record<TimedLine>({ at: MOMENT, text: TEXT })),
  fleet: optional(FLEET_STATUS),
});
