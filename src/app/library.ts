import type { ConfigResult, Config as DaemonConfig } from '../core/config/file/config.ts';
import { parseConfig as parse } from '../core/config/file/parse-config.ts';
import { parseAddress } from '../core/net/address.ts';
import { parsePort } from '../core/net/port.ts';
import { parseProtocol } from '../core/net/protocol.ts';
import { millis } from '../core/net/time.ts';
import { knock as send } from './client/knocker.ts';
import type { SimulateRequest, TimelineEntry } from './rehearsal/simulate.ts';
import type { CourseVerdict } from './rehearsal/verdicts.ts';

/** A port from 1 to 65535, alone for TCP or as `8000:udp`, `8000:tcp`. */
export type KnockedPort = number | string;

export type KnockRequest = {
  /** A name or an address. */
  readonly host: string;
  /** Sent in this order. */
  readonly knocks: readonly KnockedPort[];
  /** Milliseconds between two knocks. Default: 0. */
  readonly delayMs?: number;
  /** Limits the whole call, including name resolution. Default: no limit. */
  readonly timeoutMs?: number;
  /** For a host with addresses of both IP versions. */
  readonly family?: 4 | 6;
  /** Send through this interface, whatever the routes say. */
  readonly interfaceName?: string;
};

/**
 * `sent`: the kernel accepted every packet, which does not prove that any arrived. `reasons`: one for each packet that
 * was not sent.
 */
export type KnockResult =
  | { readonly sent: true }
  | { readonly sent: false; readonly reasons: readonly string[] };

/** The doors and settings of a configuration. */
export type Config = DaemonConfig;

/** A whole configuration with its warnings, or every mistake in it, each with line, column, message and remedy. */
export type ParsedConfig = ConfigResult;

/** Planned knocks, or the packets of a pcap or pcapng file. */
export type Traffic =
  | {
      readonly knocks: readonly KnockedPort[];
      /** The source address. Default: 192.0.2.1, which nobody has. */
      readonly from?: string;
      /** The destination address, for a door with a target. */
      readonly to?: string;
      /** Milliseconds between two knocks. Default: 100. */
      readonly gapMs?: number;
    }
  | { readonly pcap: string };

export type Simulation = {
  /** Whether any door would open. */
  readonly opened: boolean;
  /** For each source at each door: whether it opens, and why or why not, in one sentence. */
  readonly verdicts: readonly CourseVerdict[];
};

export type { CourseVerdict, TimelineEntry };

/**
 * Knocks: sends a TCP SYN, or a UDP packet of one NUL byte, to each port in order. Needs no privilege. Throws a
 * `TypeError` for an invalid request. Errors of the network or the system are in the result.
 */
export async function knock(request: KnockRequest): Promise<KnockResult> {
  const { host, knocks, delayMs = 0, timeoutMs, family, interfaceName } = request;
  if (typeof host !== 'string' || host === '') throw new TypeError('host is neither a name nor an address');
  const outcome = await send(
    {
      host,
      steps: readKnocks(knocks),
      delay: readMillis(delayMs, 'delayMs'),
      ...(timeoutMs === undefined ? {} : { timeout: readMillis(timeoutMs, 'timeoutMs') }),
      ...(family === undefined ? {} : { family }),
      ...(interfaceName === undefined ? {} : { interfaceName }),
    },
    () => undefined,
  );
  return outcome.kind === 'all-left' ? { sent: true } : { sent: false, reasons: outcome.reasons };
}

/**
 * Parses a knockd.conf, given as text or as the bytes of the file. `file` is its name in the diagnostics. Never throws.
 */
export function parseConfig(source: string | Uint8Array, file = 'knockd.conf'): ParsedConfig {
  return parse(file, typeof source === 'string' ? new TextEncoder().encode(source) : source);
}

/**
 * What a daemon with this configuration would do, decided by the daemon's own engine. Nothing is sent or run. `tell`
 * receives each step in order of time. Throws a `TypeError` for invalid traffic, and an `Error` for a file that cannot
 * be read.
 */
export async function simulate(
  config: Config,
  traffic: Traffic,
  tell: (entry: TimelineEntry) => void = () => undefined,
): Promise<Simulation> {
  // It loads native code, which `knock` on macOS and Windows does not need.
  const { simulateConfig } = await import('./rehearsal/simulate.ts');
  const verdicts: CourseVerdict[] = [];
  const { message: problem } = await simulateConfig(config, readTraffic(traffic), (entry) => {
    if (entry.kind === 'verdict') {
      const { kind: _, ...verdict } = entry;
      verdicts.push(verdict);
    }
    tell(entry);
  });
  if (problem !== undefined) throw new Error(problem);
  return { opened: verdicts.some(({ opened }) => opened), verdicts };
}

function readTraffic(traffic: Traffic): SimulateRequest['traffic'] {
  if ('pcap' in traffic) return { kind: 'capture', file: traffic.pcap };
  const { knocks, from = '192.0.2.1', to, gapMs = 100 } = traffic;
  return {
    kind: 'knocks',
    steps: readKnocks(knocks),
    from: readAddress(from, 'from'),
    ...(to === undefined ? {} : { to: readAddress(to, 'to') }),
    gap: readMillis(gapMs, 'gapMs'),
  };
}

function readKnocks(knocks: readonly KnockedPort[]) {
  if (!Array.isArray(knocks) || knocks.length === 0) throw new TypeError('knocks is not a list of ports');
  return (knocks as readonly KnockedPort[]).map((knocked) => {
    const [digits = '', name = 'tcp', ...rest] = String(knocked).split(':');
    const port = parsePort(digits);
    const protocol = parseProtocol(name);
    if (port === undefined || protocol === undefined || rest.length > 0) {
      throw new TypeError(`'${knocked}' is not a knock: give a port from 1 to 65535, alone or as 8000:udp`);
    }
    return { protocol, port };
  });
}

function readAddress(text: string, name: string) {
  const address = parseAddress(text);
  if (address === undefined) throw new TypeError(`${name} is not an address: '${text}'`);
  return address;
}

function readMillis(value: number, name: string) {
  if (!Number.isFinite(value) || value < 0) throw new TypeError(`${name} is not a length of time: ${value}`);
  return millis(value);
}
