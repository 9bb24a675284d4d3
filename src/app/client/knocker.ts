import { setTimeout as sleep } from 'node:timers/promises';
import type { Family } from '../../core/net/address.ts';
import type { Port } from '../../core/net/port.ts';
import type { Protocol } from '../../core/net/protocol.ts';
import { type Millis, millis } from '../../core/net/time.ts';
import { monotonicMs } from '../../host/clock/monotonic.ts';
import { isNativeCodeMissing } from '../../host/ffi/is-native-code-missing.ts';
import { type Destination, renderDestination } from '../../host/network/destination.ts';
import type { KnockError } from '../../host/network/knock-error.ts';
import { resolveHost } from '../../host/network/resolve-host.ts';
import { PLATFORM, type Platform } from '../../host/platform/platform.ts';
import { explainErrno } from './explain-errno.ts';

/** One knock as requested: a port, or the name of a service. */
export type KnockStep = { readonly protocol: Protocol; readonly port: Port | ServiceName };

export type ServiceName = string & { readonly brand: 'ServiceName' };

export type KnockRequest = {
  readonly host: string;
  readonly steps: readonly KnockStep[];
  /** Delay between two knocks. */
  readonly delay: Millis;
  readonly family?: Family;
  readonly interfaceName?: string;
  /** Limits the whole run, including name resolution. */
  readonly timeout?: Millis;
};

/**
 * `bad-ports`: nothing was sent. `failed`: some or all knocks could not be sent. `timed-out`: the same, and a call may
 * still run in the thread pool.
 */
export type KnockOutcome =
  | { readonly kind: 'all-left' }
  | { readonly kind: 'bad-ports' | 'failed' | 'timed-out'; readonly reasons: readonly string[] };

/** `asked`: the port as the request names it. */
type PlannedKnock = { readonly protocol: Protocol; readonly port: Port; readonly asked: string };

/** Resolves the host once and sends the knocks in order. `onStep` is called before each one. */
export async function knock(
  request: KnockRequest,
  onStep: (line: string) => void,
  platform: Platform = PLATFORM,
): Promise<KnockOutcome> {
  const started = monotonicMs();
  const plan = await planKnocks(request.steps, platform);
  if (plan.reasons.length > 0) return { kind: 'bad-ports', reasons: plan.reasons };

  const resolved = await resolveHost(request.host, request.family, request.timeout);
  if (resolved.kind === 'timed-out') return timedOut(request, 0, request.steps.length);
  if (resolved.kind === 'failed') {
    return { kind: 'failed', reasons: [`cannot resolve host '${request.host}': ${resolved.reason}`] };
  }
  const deadline = request.timeout === undefined ? Number.POSITIVE_INFINITY : started + request.timeout;
  const socket = await openSocket(resolved.destination, request.interfaceName, platform);
  if (typeof socket !== 'string' && 'errno' in socket)
    return { kind: 'failed', reasons: [explain(socket, platform)] };
  if (typeof socket === 'string') return { kind: 'failed', reasons: [socket] };
  return sendKnocks(
    { ...request, platform },
    plan.knocks,
    { to: resolved.destination, ...socket },
    deadline,
    onStep,
  );
}

type Socket = {
  /** `undefined`: the kernel accepted the packet. */
  readonly send: (protocol: Protocol, port: Port) => KnockError | undefined | Promise<KnockError | undefined>;
};

/** Uses libc on Linux. Elsewhere, or without libc, uses Node.js's sockets. A string says why neither works. */
async function openSocket(
  to: Destination,
  interfaceName: string | undefined,
  platform: Platform,
): Promise<Socket | KnockError | string> {
  if (platform === 'linux') {
    try {
      // Native code is loaded only here, so that wrong arguments are reported without it.
      const { openClientCalls: openFewCalls } = await import('../../host/ffi/open-client-calls.ts');
      const { openKnockSocket } = await import('../../host/network/knock-socket.ts');
      return openKnockSocket(await openFewCalls(), to, interfaceName);
    } catch (error) {
      if (!isNativeCodeMissing(error)) throw error;
    }
  }
  if (interfaceName !== undefined)
    return '--interface needs Linux with koffi: leave it out, and the system sends by its routes';
  // Node.js's sockets are loaded only if needed.
  const { sendPortableKnock } = await import('../../host/network/portable-knock-socket.ts');
  return { send: (protocol, port) => sendPortableKnock(to, protocol, port) };
}

/** Sends the knocks in order, until `deadline` on the clock of `monotonicMs`. */
async function sendKnocks(
  request: Pick<KnockRequest, 'delay' | 'timeout' | 'host'> & { readonly platform: Platform },
  knocks: readonly PlannedKnock[],
  { to, send }: Socket & { readonly to: Destination },
  deadline: number,
  onStep: (line: string) => void,
): Promise<KnockOutcome> {
  const reasons: string[] = [];
  for (const [i, { protocol, port, asked }] of knocks.entries()) {
    if (i > 0 && request.delay > 0) await sleepUntil(Math.min(monotonicMs() + request.delay, deadline));
    if (monotonicMs() >= deadline) return timedOut(request, i, knocks.length, reasons);
    onStep(`hitting ${protocol} ${renderDestination(to)}:${asked}`);
    const error = await send(protocol, port);
    if (error !== undefined) reasons.push(explain(error, request.platform));
  }
  return reasons.length === 0 ? { kind: 'all-left' } : { kind: 'failed', reasons };
}

/** On the clock of `monotonicMs`. Node.js truncates a delay to whole milliseconds and would wake up too early. */
async function sleepUntil(moment: number): Promise<void> {
  for (let left = moment - monotonicMs(); left > 0; left = moment - monotonicMs()) {
    await sleep(Math.ceil(left));
  }
}

type Plan = { readonly knocks: readonly PlannedKnock[]; readonly reasons: readonly string[] };

/** Resolves service names to ports. Names without a port are reported together. */
async function planKnocks(steps: readonly KnockStep[], platform: Platform): Promise<Plan> {
  const knocks: PlannedKnock[] = [];
  const reasons: string[] = [];
  const services = steps.some(({ port }) => typeof port === 'string')
    ? await openServices(platform)
    : undefined;
  for (const { protocol, port: asked } of steps) {
    const result = typeof asked === 'number' ? { kind: 'found' as const, port: asked } : undefined;
    const found = result ?? services?.portOf(String(asked), protocol);
    if (found?.kind === 'found') knocks.push({ protocol, port: found.port, asked: String(asked) });
    else reasons.push(`bad port '${asked}': it is not a number from 1 to 65535, and ${found?.reason}`);
  }
  return { knocks, reasons };
}

async function openServices(platform: Platform) {
  const { ServicesFile, servicesFileOf } = await import('../../host/network/service-ports.ts');
  return new ServicesFile(servicesFileOf(platform, process.env.SystemRoot));
}

function timedOut(
  request: Pick<KnockRequest, 'timeout' | 'host'>,
  left: number,
  all: number,
  reasons: readonly string[] = [],
): KnockOutcome {
  const limit = `${(request.timeout ?? millis(0)) / 1000} s`;
  const where = left === 0 ? `while resolving '${request.host}'` : 'waiting between knocks';
  const count = `${left - reasons.length} of ${all} knocks sent`;
  return { kind: 'timed-out', reasons: [...reasons, `timed out after ${limit} ${where}: ${count}`] };
}

const explain = ({ message, code, errno }: KnockError, platform: Platform): string =>
  explainErrno(message, code, errno, platform);
