import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sequence } from '../../core/door/sequence.ts';
import { type Millis, millis } from '../../core/net/time.ts';
import { renderDestination } from '../../host/network/destination.ts';
import { PortProbe } from '../../host/network/port-probe.ts';
import { type AddressResult, type Round, renderPlace, timeLeft, withoutSocket } from './address-result.ts';
import type { CodeSteps } from './code-steps.ts';
import { type Walk, walkSequence } from './walk-sequence.ts';

/** A port that is open answers in less than this in the same building, and nothing is knocked at all. */
const MOMENT_MS = 1;

/** Between two knocks that are not answered, where the profile does not say: packets seldom overtake each other by more. */
const FIRST_DELAY = millis(5);
/** The same after a first try in vain. */
const DELAY = millis(50);

/** How long the port is asked yet when the server has said that it is open. */
const AFTER_REPLY = millis(3000);

/** After a knock: the rule may stand a little later than the knock arrives, and a door's command may still run. */
const FIRST_GAP_MS = 2;
/** BOUNDED: connections that are begun after one knock; the gaps double. */
const MAX_STARTS = 13;

/** One try at one address: knocks, and asks the port until it opens. `left` is called when the knocks have left, or not. */
export async function knockAndWait(
  round: Round,
  trail: AddressResult,
  stop: AbortSignal,
  left: () => void,
): Promise<Socket | undefined> {
  const probe = new PortProbe(trail.to, round.port);
  const giveUp = (): void => probe.close();
  stop.addEventListener('abort', giveUp);
  try {
    if (round.ask === 'alongside' && round.round === 0) {
      probe.ask([millis(0)]);
      await Promise.race([probe.opened, sleep(MOMENT_MS)]);
    }
    const isOpen = probe.answer.kind === 'open' || (await knockSomehow(round, trail, probe, stop)) === 'left';
    left();
    return isOpen ? await ask(round, trail, probe) : await hear(round, trail, probe);
  } finally {
    stop.removeEventListener('abort', giveUp);
    left();
    probe.close();
  }
}

/** Nothing could be knocked with: the port may be open all the same, and has been asked. */
async function hear(
  { patience, deadline }: Round,
  trail: AddressResult,
  probe: PortProbe,
): Promise<Socket | undefined> {
  if (probe.isIdle) return undefined;
  const answer = await probe.within(millis(Math.min(patience, timeLeft(deadline))));
  trail.before = withoutSocket(answer);
  return answer.kind === 'open' ? answer.socket : undefined;
}

type Order = Parameters<typeof knockSomehow>;

/** By the first means that there is; by the next as well where it failed, and where the port stayed closed before. */
async function knockSomehow(
  round: Round,
  trail: AddressResult,
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
    if ((await knock(round, trail, probe, stop)) === 'left') end = 'left';
  }
  return end;
}

/** Loaded only for who has a fwknopd. */
async function knockBySpa({ profile, spa, tell }: Round, trail: AddressResult): Promise<'left' | 'not-left'> {
  if (spa === undefined) return 'not-left';
  tell(`sending an SPA packet to ${renderDestination(trail.to)}`);
  const { sendSpa } = await import('./knock-spa.ts');
  const reason = await sendSpa(profile, trail.to, spa);
  if (reason === undefined) trail.knocked++;
  else trail.notSent.push(reason);
  return reason === undefined ? 'left' : 'not-left';
}

/** Loaded only for who has a card. */
async function knockByKey(...order: Order): Promise<'left' | 'not-left'> {
  const { knockSigned } = await import('./knock-signed.ts');
  return knockSigned(...order);
}

const knockSequence = (...[round, trail, probe, stop]: Order): Promise<'left' | 'not-left'> =>
  knockAt(round.profile.knock as Sequence, round, trail, probe, stop);

/** Each code opens for one address. After a try in vain the next one is knocked: who has guessed wrong needs both. */
function knockCode(...[round, trail, probe, stop]: Order): Promise<'left' | 'not-left'> {
  const ahead = round.round > 0 || trail.isOtherFamily ? 1 : 0;
  return knockAt((round.code as CodeSteps)(ahead), round, trail, probe, stop);
}

/** Knocks until all knocks have left, or the port is open. */
async function knockAt(
  sequence: Sequence,
  { profile, tell, round, deadline }: Round,
  trail: AddressResult,
  probe: PortProbe,
  stop: AbortSignal,
): Promise<'left' | 'not-left'> {
  tell(`knocking at ${renderDestination(trail.to)}`);
  const delay = profile.delay ?? (round === 0 ? FIRST_DELAY : DELAY);
  const halt = new AbortController();
  void probe.opened.then(() => halt.abort());
  const walk = await walkSequence(
    trail.to,
    sequence,
    delay,
    deadline,
    AbortSignal.any([stop, halt.signal]),
    () => {
      trail.isHeard = true;
    },
  );
  if (walk.kind === 'stopped') return probe.answer.kind === 'open' ? 'left' : 'not-left';
  if (walk.kind === 'all-left') trail.knocked++;
  else noteFailure(walk, trail, profile.timeout, sequence.length);
  return walk.kind === 'all-left' ? 'left' : 'not-left';
}

function noteFailure(
  walk: Exclude<Walk, { kind: 'all-left' | 'stopped' }>,
  trail: AddressResult,
  limit: Millis,
  all: number,
): void {
  if (walk.kind === 'failed') trail.notSent.push(...walk.reasons);
  // A later round that has no time left to be whole says less than what the port answered in an earlier one.
  else if (trail.knocked === 0)
    trail.notSent.push(`timed out after ${limit / 1000} s: ${walk.left} of ${all} knocks sent`);
}

async function ask(
  { port, patience, deadline, tell }: Round,
  trail: AddressResult,
  probe: PortProbe,
): Promise<Socket | undefined> {
  if (probe.answer.kind !== 'open') {
    tell(`asking ${renderPlace(trail.to, port)}`);
    probe.ask(startsWithin(patience));
  }
  let answer = await probe.within(millis(Math.min(patience, timeLeft(deadline))));
  if (answer.kind !== 'open' && trail.signed?.kind === 'reply' && trail.signed.reply.status === 'open') {
    // The server says that it is open: another knock would change nothing.
    probe.ask(startsWithin(AFTER_REPLY));
    answer = await probe.within(millis(Math.min(AFTER_REPLY, timeLeft(deadline))));
  }
  trail.after = withoutSocket(answer);
  if (answer.kind !== 'silent') trail.isHeard = true;
  return answer.kind === 'open' ? answer.socket : undefined;
}

/** 0, 2, 6, 14, 30, … ms. */
export function startsWithin(patience: Millis): Millis[] {
  const all = Array.from({ length: MAX_STARTS }, (_, i) => millis(FIRST_GAP_MS * (2 ** i - 1)));
  return all.filter((start) => start < patience);
}
