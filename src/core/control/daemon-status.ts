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
 * Counters since the daemon's start, which never decrease. `knocks`: packets that were a knock at a door, each once ·
 * `advanced` to `evicted`: results of attempts, as in `STEP` · `scans`: sources that came under penalty · `opened`,
 * `extended`, `closed`: leases · `refused`: completed or requested, but not opened · `commands`: run · `commandsFailed`
 * · `reloads`, `reloadsRefused` · `warnings`, `errors`: written to the log.
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

/** A log line with its wall-clock time. */
export type TimedLine = { readonly at: Instant; readonly text: string };

/** `missing`: the rules could not be installed, and the daemon keeps retrying. `unused`: no door opens ports. */
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

/** As of the last judgement; `at`: when the rules were last checked. */
export type ExposureStatus = Exposure & { readonly at: Instant };

/** An interface that is listened on. */
export type HeardInterface = { readonly name: string; readonly up: boolean };

/** A daemon's start options, for programs that check or restart it. Paths are absolute. */
export type StartOptions = {
  readonly configFile: string;
  /** `-i`, which overrides the configuration's `Interface`. */
  readonly interfaces?: string;
  /** `-g`; the configuration's `LogFile` overrides it. */
  readonly logFile?: string;
  readonly pidFile?: string;
  /** False with `-4`. */
  readonly ipv6: boolean;
  readonly lookUpNames: boolean;
  /** Started by a service manager. */
  readonly isService: boolean;
};

/** The daemon's state in numbers, computed in one place for all displays. Moments are by the wall clock. */
export type DaemonStatus = {
  readonly version: string;
  readonly pid: number;
  readonly startedAt: Instant;
  readonly uptime: Millis;
  readonly configFile: string;
  /** Its start options. */
  readonly options: StartOptions;
  /** As in the log. */
  readonly listeningOn: string;
  /** Only the first ones, if there are very many. */
  readonly interfaces: readonly HeardInterface[];
  readonly firewall: FirewallStatus;
  /** When the rules and the interfaces were last checked: after each change, and every 30 s. */
  readonly looked: { readonly interfaces: Instant; readonly firewall?: Instant };
  /** What the whole ruleset does to strangers. Absent if no door opens ports, and before it is known. */
  readonly exposure?: ExposureStatus;
  readonly doors: number;
  /** `failed`: open leases whose start command failed. */
  readonly leases: { readonly open: number; readonly failed: number; readonly max: number };
  /** Packets passed by the capture filter, and those lost because they arrived too fast. */
  readonly packets: { readonly passed: number; readonly dropped: number };
  /** Since the start. */
  readonly counts: DaemonCounts;
  /** Signed knocks since the start. Absent if no door accepts them. */
  readonly signed?: ProofCounts;
  /** Absent if no door accepts codes. */
  readonly codes?: CodeCounts;
  /** fwknop packets since the start. Absent if no door accepts them. */
  readonly spa?: SpaCounts;
  /** Pending attempts. */
  readonly attempts: number;
  /** Decoy ports touched since the start; sources now under penalty. */
  readonly tripwires: { readonly touches: number; readonly suspects: number };
  /** Doors whose sequences reach this host in parts, as behind a router that spreads packets over several hosts; absent if none. */
  readonly splits?: readonly SplitDoor[];
  /** Banned addresses and prefixes now. */
  readonly bans: number;
  /** Nobody has confirmed yet that the doors work. */
  readonly unconfirmed: boolean;
  /** Time until the rollback, if a confirmation is needed. */
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
