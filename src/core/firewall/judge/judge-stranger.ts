import type { Address, Family } from '../../net/address.ts';
import { addressNumber, addressOf } from './ip-range.ts';
import type { HostRoutes, RulePlace, Stranger } from './journey.ts';
import type { Decision } from './pass-hooks.ts';
import type { Ruleset } from './ruleset.ts';
import { GENERAL_PORT } from './strangers.ts';
import { type Routed, tryForwarded } from './try-forwarded.ts';
import { type TriedPath, tryStrangers } from './try-strangers.ts';

/** What to judge: a first packet from elsewhere to one of the host's ports. */
export type Question = {
  readonly family: Family;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly state: Stranger['state'];
  /** Where strangers come in, with the host's addresses there. */
  readonly entrances: readonly EntryPoint[];
  readonly routes: HostRoutes;
  /** Its sender has knocked: does a lease let it in? */
  readonly hasLease?: boolean;
  /** For a port that must also be reached behind this host. */
  readonly routed?: Routed;
};

export type EntryPoint = { readonly interface: string; readonly addresses: readonly Address[] };

/** What happens to strangers' packets. */
export type StrangerFate = {
  readonly kind: 'in' | 'dropped' | 'depends';
  /** Which strangers, if not everybody: `from source port 20`. */
  readonly who?: string;
  /** Accepted prefixes that are too small to stand for strangers anywhere. */
  readonly but: readonly string[];
  /** What drops or accepts it. */
  readonly by?: Decision;
  /** Behind this host. */
  readonly behind?: Address;
  /** The port it has after translation, if another. */
  readonly finalPort?: number;
  /** The interface, if there are several. */
  readonly interface?: string;
  /** The rule that redirects it beforehand. */
  readonly translatedBy?: RulePlace;
  /** The condition that could not be evaluated. */
  readonly why?: string;
};

/** BOUNDED: addresses of the host, over all interfaces. */
const MAX_ADDRESSES = 16;
const MAX_NAMED = 4;

/** `in` if any stranger gets in, through any of our interfaces and addresses. */
export function judgeStranger(ruleset: Ruleset, question: Question): StrangerFate {
  return sumUp(pathOf(tryAllWays(ruleset, question), question), question);
}

/** Through each of our interfaces, to each of our addresses, and to hosts behind us. */
export function tryAllWays(ruleset: Ruleset, question: Question): readonly TriedPath[] {
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
  return [...tried, ...tryForwarded(ruleset, question)];
}

/**
 * Whoever has knocked must get through on each path that forwards the port; this host itself may have no service there.
 */
function pathOf(tried: readonly TriedPath[], { hasLease, routed }: Question): readonly TriedPath[] {
  if (hasLease !== true || routed === undefined) return tried;
  const through = tried.filter(
    ({ isRouted, fate }) => isRouted || fate.end.journey.translatedBy !== undefined,
  );
  return through.length > 0 ? through : tried;
}

function sumUp(tried: readonly TriedPath[], question: Question): StrangerFate {
  const { entrances, family } = question;
  const isFirst = ({ isPlain, comesAgain }: TriedPath): boolean => isPlain && !comesAgain;
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

function finalPortOf({ fate }: TriedPath, asked: number): { readonly finalPort?: number } {
  const { port } = fate.end.journey;
  return port === undefined || port === asked ? {} : { finalPort: port };
}

type Who = { readonly who?: string } | undefined;

function whoOf(chosen: TriedPath, strangers: readonly TriedPath[], family: Family): Who {
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
function firstTimers(chosen: TriedPath, tried: readonly TriedPath[]): Who {
  const isLetIn = ({ origin, comesAgain, fate }: TriedPath): boolean =>
    !comesAgain || !origin.isGeneral || fate.kind === 'in';
  return chosen.fate.kind !== 'in' || tried.every(isLetIn)
    ? undefined
    : { who: 'whoever comes for the first time' };
}
