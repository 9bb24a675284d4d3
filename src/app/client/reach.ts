import type { Socket } from 'node:net';
import type { Profile } from '../../core/client/profile.ts';
import type { Port } from '../../core/net/port.ts';
import { type Millis, millis } from '../../core/net/time.ts';
import { type Destination, renderDestination } from '../../host/network/destination.ts';
import { firstConnection, type PortAnswer } from '../../host/network/first-connection.ts';
import { resolveFamilies } from '../../host/network/resolve-host.ts';
import { sendKnocks } from './knocker.ts';

/** What a port said, without the connection. */
export type Answer = Exclude<PortAnswer, { kind: 'open' }> | { readonly kind: 'open' };

/** All that was learned of one address. */
export type Trail = {
  readonly to: Destination;
  /** What the port answered before any knock; `undefined` where it was not asked. */
  before?: Answer;
  /** What it answered last after a knock. */
  after?: Answer;
  /** Sequences that left whole. */
  knocked: number;
  /** Knocks that did not leave, and why. */
  readonly notSent: string[];
};

export type Reached =
  | {
      readonly kind: 'open';
      readonly socket: Socket;
      readonly trail: Trail;
      /** All addresses that were tried. */
      readonly trails: readonly Trail[];
    }
  | { readonly kind: 'closed'; readonly trails: readonly Trail[] }
  | { readonly kind: 'unresolved'; readonly reason: string };

export type ReachRequest = {
  readonly profile: Profile;
  readonly port: Port;
  /** Ask the port first, and do not knock if it is open. */
  readonly askFirst: boolean;
  /** How long it has to answer before it is knocked at, if not `HEAD_START`. */
  readonly headStart?: Millis;
};

/** A port that is open answers in less than this nearly everywhere; one that is closed costs no more. */
const HEAD_START = millis(250);

/** How long the port is asked after the first knock; each time twice as long. */
const FIRST_PATIENCE = millis(1500);
const MAX_PATIENCE = millis(12_000);

/** After a knock: in between, a door's command may still run. */
const FIRST_GAP_MS = 100;
const MAX_STARTS = 7;

/**
 * Knocks until the port is open, at each of the host's addresses in turn, IPv6 and IPv4 alike: whoever knocks over one is
 * let in over that one. `tell` hears of each step before it is done.
 */
export async function reach(order: ReachRequest, tell: (line: string) => void): Promise<Reached> {
  const { profile, askFirst } = order;
  const deadline = performance.now() + profile.timeout;
  const resolved = await resolveFamilies(profile.hostName, profile.family, profile.timeout);
  if ('kind' in resolved) {
    const reason = resolved.kind === 'failed' ? resolved.reason : `no answer in ${profile.timeout / 1000} s`;
    return { kind: 'unresolved', reason: `cannot resolve host '${profile.hostName}': ${reason}` };
  }
  const trails: Trail[] = resolved.map((to) => ({ to, knocked: 0, notSent: [] }));
  const found =
    (askFirst ? await ask(order, trails, deadline, tell) : undefined) ??
    (profile.knock === undefined ? undefined : await knockAtAll(order, trails, deadline, tell));
  return found === undefined ? { kind: 'closed', trails } : { kind: 'open', ...found, trails };
}

type Found = { readonly socket: Socket; readonly trail: Trail };

/** Before a knock; with nothing to knock, for as long as there is time. */
async function ask(
  { profile, port, headStart = HEAD_START }: ReachRequest,
  trails: readonly Trail[],
  deadline: number,
  tell: (line: string) => void,
): Promise<Found | undefined> {
  for (const [i, trail] of trails.entries()) {
    const fair = left(deadline) / (trails.length - i);
    const patience = profile.knock === undefined ? fair : Math.min(headStart, fair);
    tell(`asking ${renderPlace(trail.to, port)}`);
    const answer = await firstConnection(trail.to, port, [millis(0)], millis(patience));
    trail.before = withoutSocket(answer);
    if (answer.kind === 'open') return { socket: answer.socket, trail };
    // It is closed as it should be.
    if (profile.knock !== undefined && (answer.kind === 'silent' || answer.kind === 'refused')) break;
  }
  return undefined;
}

async function knockAtAll(
  order: ReachRequest,
  trails: readonly Trail[],
  deadline: number,
  tell: (line: string) => void,
): Promise<Found | undefined> {
  const rounds = 1 + order.profile.retries;
  let patience = FIRST_PATIENCE;
  for (let round = 0; round < rounds && left(deadline) > 0; round++) {
    for (const trail of trails) {
      if (left(deadline) <= 0) break;
      const socket = await knockAt(order, trail, patience, deadline, tell);
      if (socket !== undefined) return { socket, trail };
    }
    // Nothing that is tried again will leave.
    if (trails.every(({ knocked }) => knocked === 0)) break;
    patience = millis(Math.min(2 * patience, MAX_PATIENCE));
  }
  return undefined;
}

async function knockAt(
  { profile, port }: ReachRequest,
  trail: Trail,
  patience: Millis,
  deadline: number,
  tell: (line: string) => void,
): Promise<Socket | undefined> {
  const knocks = (profile.knock ?? []).map((step) => ({ ...step, asked: '*' }));
  tell(`knocking at ${renderDestination(trail.to)}`);
  const { delay, timeout, hostName: host } = profile;
  const outcome = await sendKnocks({ delay, timeout, host }, knocks, trail.to, deadline, () => undefined);
  if (outcome.kind !== 'all-left') {
    // A later round that has no time left to be whole says less than what the port answered in an earlier one.
    if (outcome.kind !== 'timed-out' || trail.knocked === 0) trail.notSent.push(...outcome.reasons);
    return undefined;
  }
  trail.knocked++;
  tell(`asking ${renderPlace(trail.to, port)}`);
  const answer = await firstConnection(
    trail.to,
    port,
    startsWithin(patience),
    millis(Math.min(patience, left(deadline))),
  );
  trail.after = withoutSocket(answer);
  return answer.kind === 'open' ? answer.socket : undefined;
}

/** 0, 100, 300, 700 ms, …: gaps that double. */
export function startsWithin(patience: Millis): Millis[] {
  const all = Array.from({ length: MAX_STARTS }, (_, i) => millis(FIRST_GAP_MS * (2 ** i - 1)));
  return all.filter((start) => start < patience);
}

const left = (deadline: number): number => Math.max(0, deadline - performance.now());

function withoutSocket(answer: PortAnswer): Answer {
  return answer.kind === 'open' ? { kind: 'open' } : answer;
}

export function renderPlace(to: Destination, port: Port): string {
  const address = renderDestination(to);
  return to.family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}
