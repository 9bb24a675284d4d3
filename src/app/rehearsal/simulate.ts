import { AttemptEngine } from '../../core/attempt/attempt-engine.ts';
import type { HashKey } from '../../core/attempt/keyed-hash.ts';
import type { ScanGuard } from '../../core/attempt/scan-guard.ts';
import type { Config } from '../../core/config/file/config.ts';
import { DecoyPorts } from '../../core/decoy/decoy-ports.ts';
import type { PortShare } from '../../core/decoy/port-share.ts';
import { codeDoors, type Door } from '../../core/door/door.ts';
import type { SequenceStep } from '../../core/door/sequence.ts';
import type { LogEvent } from '../../core/event/event.ts';
import { type Address, addressWords, familyOf } from '../../core/net/address.ts';
import { PROTOCOL_NUMBER } from '../../core/net/protocol.ts';
import { TCP_FLAG } from '../../core/net/tcp-flags.ts';
import { type Instant, instant, type Millis, millis } from '../../core/net/time.ts';
import { Packet, packetSource } from '../../core/packet/packet.ts';
import type { Diagnostic } from '../../core/text/diagnostic.ts';
import { CaptureFileError, openCaptureFile } from '../../host/capture/open-capture-file.ts';
import { readEphemeralPorts, readServedPorts } from '../../host/ports/host-ports.ts';
import { type LoadedConfig, loadConfig } from '../config/load-config.ts';
import { OneTimeDoors } from '../config/one-time-doors.ts';
import { type ArrangedCodes, arrangeCodes, RehearsalGuard } from './arrange-codes.ts';
import { OneTimeRehearsal } from './one-time-rehearsal.ts';
import { type PacketFate, packetFate } from './packet-fate.ts';
import { Rehearsal } from './rehearsal.ts';
import type { Outcome } from './rehearsal-sink.ts';
import { stamp } from './replay.ts';
import { type CourseVerdict, Verdicts } from './verdicts.ts';

/** Evenly spaced knocks, as `knock` sends them. */
export type PlannedKnocks = {
  readonly kind: 'knocks';
  readonly steps: readonly SequenceStep[];
  readonly from: Address;
  /** Default: this host. */
  readonly to?: Address;
  /** Time between two knocks. */
  readonly gap: Millis;
};

export type SimulateRequest = {
  readonly configFile: string;
  /** False: as with `knockd -4`. */
  readonly ipv6?: boolean;
  readonly traffic: PlannedKnocks | { readonly kind: 'capture'; readonly file: string };
};

/** Times of planned knocks count from the first knock, those of a capture from 1970. */
export type TimelineEntry =
  | {
      readonly kind: 'packet';
      readonly at: Instant;
      readonly source: Address;
      readonly step: SequenceStep;
      readonly became: PacketFate;
    }
  | { readonly kind: 'outcome'; readonly at: Instant; readonly outcome: Outcome }
  | ({ readonly kind: 'verdict' } & CourseVerdict)
  | {
      readonly kind: 'end';
      readonly packets: number;
      readonly knocks: number;
      readonly openings: number;
    };

export type SimulateEnd =
  | { readonly kind: 'done'; readonly warnings: readonly Diagnostic[] }
  | Extract<LoadedConfig, { kind: 'bad' }>
  | { readonly kind: 'failed'; readonly message: string };

/** All packets are known beforehand, so a fixed secret will do. */
const SECRET: HashKey = [0x62757373, 0x61];

/** Contains no port: a daemon draws its decoy ports anew at each start. */
const NO_SHARE: PortShare = { multiplier: 0, offset: 0xffff };

const FIRST_SOURCE_PORT = 40_000;

/** Reports, entry by entry, what a daemon with this configuration would do, by the traffic's own time. Runs nothing. */
export async function simulate(
  { configFile, traffic, ipv6 = true }: SimulateRequest,
  emit: (entry: TimelineEntry) => void,
): Promise<SimulateEnd> {
  // A simulation opens nothing, so it does not matter who can write the file.
  const loaded = loadConfig(configFile, 'ignored');
  if (loaded.kind === 'bad') return loaded;
  if (!ipv6 && traffic.kind === 'knocks' && familyOf(traffic.from) === 6) {
    return {
      kind: 'failed',
      message: `${traffic.from} is not heard: the daemon for ${configFile} ignores IPv6 (-4)`,
    };
  }
  const { message, warnings } = await simulateConfig(loaded.config, traffic, emit, ipv6);
  return message === undefined
    ? { kind: 'done', warnings: [...loaded.warnings, ...warnings] }
    : { kind: 'failed', message };
}

/** The same for a configuration that was already read. `message`: the error of a capture file. */
export async function simulateConfig(
  config: Config,
  traffic: SimulateRequest['traffic'],
  emit: (entry: TimelineEntry) => void,
  ipv6 = true,
): Promise<{ readonly message?: string; readonly warnings: readonly Diagnostic[] }> {
  const isCapture = traffic.kind === 'capture';
  const stage = arrange(config, isCapture, emit, ipv6);
  if (isCapture) {
    const message = await play(traffic.file, stage.rehearsal);
    if (message !== undefined) return { message, warnings: stage.warnings };
  } else {
    knock(traffic, stage.rehearsal);
  }
  stage.rehearsal.finish();
  for (const verdict of stage.verdicts.all()) emit({ kind: 'verdict', ...verdict });
  emit({ kind: 'end', ...stage.counts() });
  return { warnings: stage.warnings };
}

/** The engine with its scan guard and doors, and its listener. */
function arrange(config: Config, isCapture: boolean, emit: (entry: TimelineEntry) => void, ipv6: boolean) {
  const now = { at: instant(0) };
  const report = (outcome: Outcome, at: Instant): void => emit({ kind: 'outcome', at, outcome });
  const tellEvent = (event: LogEvent): void => report({ kind: 'event', event }, now.at);
  const doors = new OneTimeDoors(tellEvent, 'ignored').watchable(config.doors);
  const oneTime = new OneTimeRehearsal(doors, tellEvent);
  const guard = simulatedGuard(config, isCapture);
  guard?.follow(doors);
  const engine = new AttemptEngine(doors, SECRET, undefined, guard?.guard);
  const { codes, warnings } = codesOf(config, guard?.guard, isCapture);
  const verdicts = new Verdicts(doors, isCapture ? stamp : inSeconds);
  let counts = { packets: 0, knocks: 0, openings: 0 };
  const advance = (used: Door): readonly Door[] => {
    const following = oneTime.advance(used);
    guard?.follow(following);
    return following;
  };
  const rehearsal = new Rehearsal(
    engine,
    ipv6,
    advance,
    {
      packet: (packet, offer, watched, at, code) => {
        now.at = at;
        const step = stepOf(packet);
        const source = packetSource(packet);
        const became = packetFate(offer, watched, code);
        verdicts.packet(source, step, packet.flags, became, at);
        // A capture may hold all traffic of a host.
        if (!isCapture || became !== 'no-door') emit({ kind: 'packet', at, source, step, became });
      },
      outcome: (outcome, at) => {
        verdicts.outcome(outcome, at);
        report(outcome, at);
      },
      finish: (final) => {
        counts = final;
      },
    },
    codes,
  );
  return { rehearsal, verdicts, warnings, counts: () => counts };
}

/**
 * The daemon's scan guard, without the secret share of decoy ports. For a capture there are none at all, because it is
 * not known which ports were in use and whose packets these are: then it guards codes alone.
 */
function simulatedGuard(config: Config, isCapture: boolean) {
  const { scanGuard, scanIgnore = [] } = config.settings;
  const codes = codeDoors(config.doors);
  const isOff = isCapture || scanGuard === 'off';
  if (isOff && codes.length === 0) return undefined;
  const guard = new RehearsalGuard(config, SECRET);
  const follow = (doors: readonly Door[]): void => {
    if (isOff) {
      guard.follow();
      return;
    }
    const served = [...readServedPorts().map((port) => ({ first: port, last: port })), ...scanIgnore];
    guard.follow(new DecoyPorts(doors, { served, ephemeral: readEphemeralPorts() }, NO_SHARE, codes));
  };
  return { guard: guard.guard, follow };
}

/** Planned knocks happen now; a capture has its own time. */
function codesOf(config: Config, guard: ScanGuard | undefined, isCapture: boolean): ArrangedCodes {
  if (guard === undefined) return { warnings: [] };
  return arrangeCodes(config, { guard, secret: SECRET, epoch: instant(isCapture ? 0 : Date.now()) });
}

function knock({ steps, from, to, gap }: PlannedKnocks, rehearsal: Rehearsal): void {
  const packet = new Packet();
  packet.family = familyOf(from);
  [packet.source0, packet.source1, packet.source2, packet.source3] = addressWords(from);
  if (to !== undefined) {
    [packet.destination0, packet.destination1, packet.destination2, packet.destination3] = addressWords(to);
  }
  for (const [index, { protocol, port }] of steps.entries()) {
    packet.protocol = PROTOCOL_NUMBER[protocol];
    packet.sourcePort = FIRST_SOURCE_PORT + index;
    packet.destinationPort = port;
    packet.flags = protocol === 'tcp' ? TCP_FLAG.syn : 0;
    packet.identity = index + 1;
    rehearsal.knock(packet, instant(millis(index * gap)));
  }
}

/** Returns the error of the file. */
async function play(path: string, rehearsal: Rehearsal): Promise<string | undefined> {
  try {
    const file = await openCaptureFile(path);
    for await (const item of file.packets()) {
      if (item.kind === 'damaged') return `${path} is damaged at byte ${item.offset}: ${item.reason}`;
      rehearsal.offer(item);
    }
    return undefined;
  } catch (error) {
    if (error instanceof CaptureFileError) return error.message;
    throw error;
  }
}

const inSeconds = (at: Instant): string => `${(at / 1000).toFixed(3)} s`;

function stepOf({ protocol, destinationPort }: Packet): SequenceStep {
  return {
    protocol: protocol === PROTOCOL_NUMBER.udp ? 'udp' : 'tcp',
    port: destinationPort as SequenceStep['port'],
  };
}
