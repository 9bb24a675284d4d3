import type { Address, Family } from '../../net/address.ts';
import { addressNumber, addressOf } from './ip-range.ts';
import type { HostRoutes, RulePlace, Stranger } from './journey.ts';
import type { Decision } from './pass-hooks.ts';
import type { Ruleset } from './ruleset.ts';
import { GENERAL_PORT } from './strangers.ts';
import { type Routed, tryBehind } from './try-behind.ts';
import { type Tried, tryStrangers } from './try-strangers.ts';

/** What is to be judged: a first packet to one of the host's ports, from elsewhere. */
export type Question = {
  readonly family: Family;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly state: Stranger['state'];
  /** Where strangers come in, with the host's addresses there. */
  readonly entrances: readonly Entrance[];
  readonly routes: HostRoutes;
  /** Its sender has knocked: who is let in by a lease? */
  readonly hasLease?: boolean;
  /** Where it is to be reached behind this host as well. */
  readonly routed?: Routed;
};

export type Entrance = { readonly interface: string; readonly addresses: readonly Address[] };

/** What becomes of strangers' packets. */
export type StrangerFate = {
  readonly kind: 'in' | 'dropped' | 'depends';
  /** Which strangers, where it is not everybody: `from source port 20`. */
  readonly who?: string;
  /** Prefixes that are let in, too small to be a stranger's somewhere in the world. */
  readonly but: readonly string[];
  /** What drops it, or lets it in. */
  readonly by?: Decision;
  /** Behind this host. */
  readonly behind?: Address;
  /** The port that it was addressed to in the end, if another. */
  readonly finalPort?: number;
  /** On which interface, of several. */
  readonly interface?: string;
  /** The rule that sends it elsewhere before. */
  readonly translatedBy?: RulePlace;
  /** The condition that could not be decided. */
  readonly why?: string;
};

/** BOUNDED: addresses of the host, over all interfaces. */
const MAX_ADDRESSES = 16;
const MAX_NAMED = 4;

/** `in` if one of the world's strangers gets in, by whatever of our interfaces and addresses. */
export function judgeStranger(ruleset: Ruleset, question: Question): StrangerFate {
  return sumUp(pathOf(tryAllWays(ruleset, question), question), question);
}

/** By each of our interfaces, to each of our addresses, and to hosts behind us. */
export function tryAllWays(ruleset: Ruleset, question: Question): readonly Tried[] {
  const tried = question.entrances
    .flatMap(({ interface: name, addresses }) =>
      addresses
        .filter((one) => one.includes(':') === (question.family === 6))
        .map((address) => ({ name, address })),
    )
    .slice(0, MAX_ADDRESSES)
    .flatMap(({ name, address }) =>
      tryStrangers(ruleset, { ...question, interface: name, address: addressNumber(address) }),
    );
  return [...tried, ...tryBehind(ruleset, question)];
}

/** Who has knocked is to get through, wherever a port goes through; this host itself may have nothing there. */
function pathOf(tried: readonly Tried[], { hasLease, routed }: Question): readonly Tried[] {
  if (hasLease !== true || routed === undefined) return tried;
  const through = tried.filter(
    ({ isRouted, fate }) => isRouted || fate.end.journey.translatedBy !== undefined,
  );
  return through.length > 0 ? through : tried;
}

function sumUp(tried: readonly Tried[], question: Question): StrangerFate {
  const { entrances, family } = question;
  const isFirst = ({ isPlain, comesAgain }: Tried): boolean => isPlain && !comesAgain;
  const strangers = tried.filter((one) => one.origin.isGeneral && isFirst(one));
  const odd = tried.filter((one) => one.origin.isGeneral && !isFirst(one) && one.fate.kind !== 'dropped');
  const chosen =
    strangers.find(({ fate, port }) => fate.kind === 'in' && port === GENERAL_PORT) ??
    strangers.find(({ fate }) => fate.kind === 'in') ??
    strangers.find(({ fate }) => fate.kind === 'depends') ??
    odd.find(({ fate }) => fate.kind === 'depends') ??
    strangers[0];
  const small = tried.filter((one) => !one.origin.isGeneral && isFirst(one) && one.fate.kind === 'in');
  const but =
    chosen?.fate.kind === 'in'
      ? []
      : [...new Set(small.map(({ origin }) => origin.name))].slice(0, MAX_NAMED);
  if (chosen === undefined) return { kind: 'dropped', but };
  const { kind, end, unsure } = chosen.fate;
  return {
    kind,
    but,
    ...(end.by === undefined ? {} : { by: end.by }),
    ...(whoOf(chosen, strangers, family) ?? firstTimers(chosen, tried)),
    ...finalPortOf(chosen, question.port),
    ...(chosen.isRouted ? { behind: addressOf(family, chosen.address) } : {}),
    ...(entrances.length > 1 ? { interface: chosen.interface } : {}),
    ...(end.journey.translatedBy === undefined ? {} : { translatedBy: end.journey.translatedBy }),
    ...(unsure === undefined || kind !== 'depends' ? {} : { why: unsure }),
  };
}

function finalPortOf({ fate }: Tried, asked: number): { readonly finalPort?: number } {
  const { port } = fate.end.journey;
  return port === undefined || port === asked ? {} : { finalPort: port };
}

type Who = { readonly who?: string } | undefined;

function whoOf(chosen: Tried, strangers: readonly Tried[], family: Family): Who {
  if (chosen.fate.kind !== 'in') return undefined;
  if (chosen.port !== GENERAL_PORT) return { who: `whoever sends from port ${chosen.port}` };
  const here = strangers.filter(
    (one) =>
      one.interface === chosen.interface && one.address === chosen.address && one.port === GENERAL_PORT,
  );
  if (here.every(({ fate }) => fate.kind === 'in')) return undefined;
  return { who: `some, as ${chosen.origin.name || addressOf(family, chosen.origin.address)}` };
}

/** By their next packets rules may know them. */
function firstTimers(chosen: Tried, tried: readonly Tried[]): Who {
  const isLetIn = ({ origin, comesAgain, fate }: Tried): boolean =>
    !comesAgain || !origin.isGeneral || fate.kind === 'in';
  return chosen.fate.kind !== 'in' || tried.every(isLetIn)
    ? undefined
    : { who: 'whoever comes for the first time' };
}
