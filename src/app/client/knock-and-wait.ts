import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sequence } from '../../core/door/sequence.ts';
import { type Millis, millis } from '../../core/net/time.ts';
import { renderDestination } from '../../host/network/destination.ts';
import { PortProbe } from '../../host/network/port-probe.ts';
import { type AddressResult, type Round, renderPlace, timeLeft, withoutSocket } from './address-result.ts';
import type { CodeSteps } from './code-steps.ts';
import { type Walk, walkSequence } from './walk-sequence.ts';

/** An open port in the same building answers within this time, and then nothing is knocked. */
const MOMENT_MS = 1;

/** Delay between two unanswered knocks, if the profile sets none. Packets rarely overtake each other by more. */
const FIRST_DELAY = millis(5);
/** The same after a failed first attempt. */
const DELAY = millis(50);

/** How long to keep connecting after the server reported the door as open. */
const AFTER_REPLY = millis(3000);

/**
 * After a knock, the firewall rule may be in place slightly later than the knock arrives, and the door's command may run
 * longer. With a shorter gap, the answers to several SYNs arrive together: the kernel completes all these connections
 * before one is chosen, and the service sees several clients.
 */
const FIRST_GAP_MS = 2;
/** BOUNDED: connections started after one knock. The gaps between them double. */
const MAX_STARTS = 13;

/**
 * One attempt at one address: sends the knocks and connects until the port opens. `left` is called when the knocks have
 * been sent, or could not be.
 */
export async function knockAndWait(
  round: Round,
  result: AddressResult,
  stop: AbortSignal,
  left: () => void,
): Promise<Socket | undefined> {
  const probe = new PortProbe(result.to, round.port);
  const giveUp = (): void => probe.close();
  stop.addEventListener('abort', giveUp);
  try {
    if (round.ask === 'alongside' && round.round === 0) {
      probe.ask([millis(0)]);
      // Signing takes longer than that, and the signed packet is sent only while the port is closed.
      if (round.identity === undefined) await Promise.race([probe.opened, sleep(MOMENT_MS)]);
    }
    const isOpen =
      probe.answer.kind === 'open' || (await knockSomehow(round, result, probe, stop)) === 'left';
    left();
    return isOpen ? await ask(round, result, probe) : await hear(round, result, probe);
  } finally {
    stop.removeEventListener('abort', giveUp);
    left();
    probe.close();
  }
}

/** Nothing could be knocked with. The port may be open all the same, so its answer is awaited. */
async function hear(
  { patience, deadline }: Round,
  result: AddressResult,
  probe: PortProbe,
): Promise<Socket | undefined> {
  if (probe.isIdle) return undefined;
  const answer = await probe.within(millis(Math.min(patience, timeLeft(deadline))));
  result.before = withoutSocket(answer);
  return answer.kind === 'open' ? answer.socket : undefined;
}

type Order = Parameters<typeof knockSomehow>;

/** Uses the first proof available, and the next one if it failed and the port stayed closed. */
async function knockSomehow(
  round: Round,
  result: AddressResult,
  probe: PortProbe,
  stop: AbortSignal,
): Promise<'left' | 'not-left'> {
  const means = [
    ...(round.identity === undefined ? [] : [knockByKey]),
    ...(round.spa === undefined ? [] : [knockBySpa]),
    ...(round.code === undefined ? [] : [knockCode]),
    ...(round.profile.knock === undefined ? [] : [knockSequence]),
  ];
  let end: 'left' | 'not-left' = 'not-left';
  for (const knock of means) {
    if (end === 'left' && round.round === 0) break;
    if ((await knock(round, result, probe, stop)) === 'left') end = 'left';
  }
  return end;
}

/** Loaded only for profiles that use fwknopd. */
async function knockBySpa(
  { profile, spa, onStep }: Round,
  result: AddressResult,
): Promise<'left' | 'not-left'> {
  if (spa === undefined) return 'not-left';
  onStep(`sending an SPA packet to ${renderDestination(result.to)}`);
  const { sendSpa } = await import('./knock-spa.ts');
  const reason = await sendSpa(profile, result.to, spa);
  if (reason === undefined) result.knocked++;
  else result.notSent.push(reason);
  return reason === undefined ? 'left' : 'not-left';
}

/** Loaded only for profiles with a server card. */
async function knockByKey(...request: Order): Promise<'left' | 'not-left'> {
  const { knockSigned } = await import('./knock-signed.ts');
  return knockSigned(...request);
}

const knockSequence = (...[round, result, probe, stop]: Order): Promise<'left' | 'not-left'> =>
  knockAt(round.profile.knock as Sequence, round, result, probe, stop);

/** Each code opens for one address. A retry uses the next code, because one of the two may have been refused. */
function knockCode(...[round, result, probe, stop]: Order): Promise<'left' | 'not-left'> {
  const ahead = round.round > 0 || result.isOtherFamily ? 1 : 0;
  return knockAt((round.code as CodeSteps)(ahead), round, result, probe, stop);
}

/** Sends the knocks until all are sent or the port is open. */
async function knockAt(
  sequence: Sequence,
  { profile, onStep, round, deadline }: Round,
  result: AddressResult,
  probe: PortProbe,
  stop: AbortSignal,
): Promise<'left' | 'not-left'> {
  onStep(`knocking at ${renderDestination(result.to)}`);
  const delay = profile.delay ?? (round === 0 ? FIRST_DELAY : DELAY);
  const halt = new AbortController();
  void probe.opened.then(() => halt.abort());
  const walk = await walkSequence(
    result.to,
    sequence,
    delay,
    deadline,
    AbortSignal.any([stop, halt.signal]),
    () => {
      result.isHeard = true;
    },
  );
  if (walk.kind === 'stopped') return probe.answer.kind === 'open' ? 'left' : 'not-left';
  if (walk.kind === 'all-left') result.knocked++;
  else noteFailure(walk, result, profile.timeout, sequence.length);
  return walk.kind === 'all-left' ? 'left' : 'not-left';
}

function noteFailure(
  walk: Exclude<Walk, { kind: 'all-left' | 'stopped' }>,
  result: AddressResult,
  limit: Millis,
  all: number,
): void {
  if (walk.kind === 'failed') result.notSent.push(...walk.reasons);
  // A later round without time for all its knocks says less than an earlier answer of the port.
  else if (result.knocked === 0)
    result.notSent.push(`timed out after ${limit / 1000} s: ${walk.left} of ${all} knocks sent`);
}

async function ask(
  { port, patience, deadline, onStep }: Round,
  result: AddressResult,
  probe: PortProbe,
): Promise<Socket | undefined> {
  if (probe.answer.kind !== 'open') {
    onStep(`asking ${renderPlace(result.to, port)}`);
    probe.ask(startsWithin(patience));
  }
  let answer = await probe.within(millis(Math.min(patience, timeLeft(deadline))));
  if (answer.kind !== 'open' && result.signed?.kind === 'reply' && result.signed.reply.status === 'open') {
    // The server says that the door is open: another knock would not change anything.
    probe.ask(startsWithin(AFTER_REPLY));
    answer = await probe.within(millis(Math.min(AFTER_REPLY, timeLeft(deadline))));
  }
  result.after = withoutSocket(answer);
  if (answer.kind !== 'silent') result.isHeard = true;
  return answer.kind === 'open' ? answer.socket : undefined;
}

/** 0, 2, 6, 14, 30, … ms. */
export function startsWithin(patience: Millis): Millis[] {
  const all = Array.from({ length: MAX_STARTS }, (_, i) => millis(FIRST_GAP_MS * (2 ** i - 1)));
  return all.filter((start) => start < patience);
}
