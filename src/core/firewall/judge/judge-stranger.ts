import type { Address, Family } from '../../net/address.ts';
import { addressNumber, addressOf, type IpRange } from './ip-range.ts';
import type { Asked, HostRoutes, RulePlace, Stranger } from './journey.ts';
import { type Decision, type End, passHooks } from './pass-hooks.ts';
import type { Ruleset } from './ruleset.ts';
import { GENERAL_PORT, isNamed, type Origin, someAddresses, strangersOf } from './strangers.ts';

/** What is to be judged: a first packet to one of the host's ports, from elsewhere. */
export type Question = {
  readonly family: Family;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly state: Stranger['state'];
  /** Where strangers come in, with the host's addresses there. */
  readonly entrances: readonly Entrance[];
  readonly routes: HostRoutes;
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
  /** On which interface, of several. */
  readonly interface?: string;
  /** The rule that sends it elsewhere before. */
  readonly translatedBy?: RulePlace;
  /** The condition that could not be decided. */
  readonly why?: string;
};

/** BOUNDED: sources beside the general ones that are tried, and source ports. */
const MAX_SOURCES = 64;
const MAX_PORTS = 32;
/** BOUNDED: addresses of the host, over all interfaces. */
const MAX_ADDRESSES = 16;
const MAX_NAMED = 4;

type Tried = {
  readonly origin: Origin;
  readonly port: number;
  readonly end: Fate;
  readonly interface: string;
  readonly isPlain: boolean;
};
type Fate = { readonly kind: StrangerFate['kind']; readonly end: End; readonly unsure?: string };

/** `in` if one of the world's strangers gets in, by whatever of our interfaces and addresses. */
export function judgeStranger(ruleset: Ruleset, question: Question): StrangerFate {
  const tried = question.entrances
    .flatMap(({ interface: name, addresses }) =>
      addresses
        .filter((one) => one.includes(':') === (question.family === 6))
        .map((address) => ({ name, address })),
    )
    .slice(0, MAX_ADDRESSES)
    .flatMap(({ name, address }) => tryOne(ruleset, question, name, addressNumber(address)));
  return sumUp(tried, question);
}

function tryOne(ruleset: Ruleset, question: Question, name: string, address: bigint): Tried[] {
  const ranges = new Map<string, IpRange>();
  const ports = new Set<number>();
  let asksHeaders = false;
  const asked = (what: Asked): void => {
    if (what.kind === 'header') asksHeaders = true;
    else if (what.kind === 'source') ranges.set(`${what.range.first} ${what.range.last}`, what.range);
    else for (const port of aroundPorts(what)) if (ports.size < MAX_PORTS) ports.add(port);
  };
  const tryFrom = (origin: Origin, port: number, isPlain = true): Tried => {
    const packet: Stranger = {
      ...question,
      interface: name,
      address,
      source: origin.address,
      sourcePort: port,
      asked,
      isPlain,
    };
    return { origin, port, end: fateOf(passHooks(ruleset, packet)), interface: name, isPlain };
  };
  const general = strangersOf(question.family).map((origin) => tryFrom(origin, GENERAL_PORT));
  const asks = [...ranges.values()];
  const special = someAddresses(question.family, asks.slice(0, MAX_SOURCES)).map((origin) =>
    tryFrom(origin, GENERAL_PORT),
  );
  const byPort = [...ports].flatMap((port) =>
    strangersOf(question.family)
      .slice(0, 1)
      .map((origin) => tryFrom(origin, port)),
  );
  const nobodys = general.filter(({ origin }) => !isNamed(origin, asks));
  const odd = asksHeaders
    ? general.slice(0, 1).map(({ origin }) => tryFrom(origin, GENERAL_PORT, false))
    : [];
  return [...odd, ...(nobodys.length > 0 ? nobodys : general), ...special, ...byPort];
}

/** Ports within the range and outside it, which rules may treat otherwise. */
function aroundPorts({ first, last }: { readonly first: number; readonly last: number }): number[] {
  return [first, last, first - 1, last + 1].filter((port) => port > 0 && port <= 65_535);
}

function fateOf(ends: readonly End[]): Fate {
  const passed = ends.find(({ kind }) => kind === 'in');
  const dropped = ends.find(({ kind }) => kind === 'dropped');
  const end = passed ?? dropped;
  if (end === undefined) throw new Error('a packet has no end');
  const why = ends.map(({ journey }) => journey.unsure).find((one) => one !== undefined);
  const kind = passed === undefined ? 'dropped' : dropped === undefined ? 'in' : 'depends';
  return { kind, end, ...(why === undefined ? {} : { unsure: why }) };
}

function sumUp(tried: readonly Tried[], { entrances, family }: Question): StrangerFate {
  const strangers = tried.filter(({ origin, isPlain }) => origin.isGeneral && isPlain);
  const odd = tried.filter(({ end, isPlain }) => !isPlain && end.kind !== 'dropped');
  const chosen =
    strangers.find(({ end, port }) => end.kind === 'in' && port === GENERAL_PORT) ??
    strangers.find(({ end }) => end.kind === 'in') ??
    strangers.find(({ end }) => end.kind === 'depends') ??
    odd.find(({ end }) => end.kind === 'depends') ??
    strangers[0];
  const small = tried.filter(({ origin, end }) => !origin.isGeneral && end.kind === 'in');
  const but =
    chosen?.end.kind === 'in' ? [] : [...new Set(small.map(({ origin }) => origin.name))].slice(0, MAX_NAMED);
  if (chosen === undefined) return { kind: 'dropped', but };
  const { end, unsure } = chosen.end;
  return {
    kind: chosen.end.kind,
    but,
    ...(end.by === undefined ? {} : { by: end.by }),
    ...whoOf(chosen, strangers, family),
    ...(entrances.length > 1 ? { interface: chosen.interface } : {}),
    ...(end.journey.translatedBy === undefined ? {} : { translatedBy: end.journey.translatedBy }),
    ...(unsure === undefined || chosen.end.kind !== 'depends' ? {} : { why: unsure }),
  };
}

function whoOf(chosen: Tried, strangers: readonly Tried[], family: Family): { readonly who?: string } {
  if (chosen.end.kind !== 'in') return {};
  if (chosen.port !== GENERAL_PORT) return { who: `whoever sends from port ${chosen.port}` };
  const here = strangers.filter((one) => one.interface === chosen.interface && one.port === GENERAL_PORT);
  if (here.every(({ end }) => end.kind === 'in')) return {};
  return { who: `some, as ${chosen.origin.name || addressOf(family, chosen.origin.address)}` };
}
