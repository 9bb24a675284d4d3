import { type Journey, journeyKey, type RulePlace, type Stranger } from './journey.ts';
import type { BaseChain, Ruleset } from './ruleset.ts';
import { Walk } from './walk.ts';

/** A possible end of a packet. */
export type End = {
  readonly kind: 'in' | 'dropped';
  readonly journey: Journey;
  /** What dropped it, or the last to accept it. */
  readonly by?: Decision;
};

export type Decision = {
  readonly chain: BaseChain;
  /** `undefined`: the chain's policy. */
  readonly rule?: RulePlace;
};

/** linux/netfilter_ipv4.h: NF_IP_PRI_CONNTRACK, whose hook comes between those of the rules. */
const TRACKING_PRIORITY = -200;
/** Bridges have their own. */
const FAMILIES = { 4: ['ip', 'inet'], 6: ['ip6', 'inet'] } as const;

/** Sends one packet through all chains that see it, in the kernel's order, to this host or forwarded. */
export function passHooks(ruleset: Ruleset, packet: Stranger): readonly End[] {
  const walk = new Walk(ruleset, packet);
  const start: Journey = {
    hook: 'ingress',
    tracking: 'none',
    mark: 0,
    connectionMark: 0,
    address: packet.address,
    port: packet.port,
    translatedBy: undefined,
    output: undefined,
    touched: new Set(),
  };
  const early = chainsAt(ruleset, packet, 'ingress');
  const pre = chainsAt(ruleset, packet, 'prerouting');
  const before = pre.filter(({ priority }) => priority <= TRACKING_PRIORITY);
  const after = pre.filter(({ priority }) => priority > TRACKING_PRIORITY);
  const arrived = new Course(walk, packet, [{ kind: 'in', journey: start }])
    .pass(early)
    .pass(before, (journey) => ({ ...journey, hook: 'prerouting' }))
    .pass(after, (journey) =>
      journey.tracking === 'none' ? { ...journey, tracking: 'tracked' } : journey,
    ).ends;
  return arrived.flatMap((end) => {
    if (end.kind === 'dropped') return [end];
    const { hook, output } = leave(packet, end.journey);
    const course = new Course(walk, packet, [end]);
    return course.pass(chainsAt(ruleset, packet, hook), (journey) => ({ ...journey, hook, output })).ends;
  });
}

/** The kernel's routing decision. */
function leave(
  packet: Stranger,
  { address, translatedBy }: Journey,
): { hook: string; output: string | undefined } {
  const isOwn = packet.isRouted !== true && (translatedBy === undefined || address === packet.address);
  if (isOwn) return { hook: 'input', output: undefined };
  const way = address === undefined ? undefined : packet.routes.routeTo(packet.family, address);
  if (way === 'local') return { hook: 'input', output: undefined };
  return { hook: 'forward', output: way };
}

function chainsAt(
  { bases }: Ruleset,
  { family, interface: name }: Stranger,
  hook: string,
): readonly BaseChain[] {
  const families: readonly string[] = FAMILIES[family];
  return bases
    .filter((base) => {
      if (base.hook !== hook) return false;
      if (base.family === 'netdev' || hook === 'ingress') return base.devices?.includes(name) ?? true;
      return families.includes(base.family);
    })
    .toSorted((a, b) => a.priority - b.priority);
}

class Course {
  readonly ends: readonly End[];
  readonly #walk: Walk;
  readonly #packet: Stranger;

  constructor(walk: Walk, packet: Stranger, ends: readonly End[]) {
    this.#walk = walk;
    this.#packet = packet;
    this.ends = ends;
  }

  /** `change`: what the kernel does before the first of them. */
  pass(chains: readonly BaseChain[], change: (journey: Journey) => Journey = (journey) => journey): Course {
    let ends = this.ends.map((end) => (end.kind === 'in' ? { ...end, journey: change(end.journey) } : end));
    for (const chain of chains)
      ends = distinct(ends.flatMap((end) => (end.kind === 'in' ? this.#through(chain, end) : [end])));
    return new Course(this.#walk, this.#packet, ends);
  }

  #through(chain: BaseChain, end: End): End[] {
    const { journey } = end;
    // A NAT chain sees the first packet of a tracked connection, and after a translation no more.
    const isSkipped =
      journey.tracking !== 'tracked' || this.#packet.state !== 'new' || journey.translatedBy !== undefined;
    if (chain.type === 'nat' && isSkipped) return [end];
    const isDoubtful = chain.hook === 'ingress' && chain.devices === undefined;
    const outcomes = this.#walk.chain(chain.key, journey).map(({ kind, journey: after, by }): End => {
      const passes = kind === 'accept' || (kind === 'through' && chain.policy === 'accept');
      const decision: Decision = { chain, ...(kind === 'through' || by === undefined ? {} : { rule: by }) };
      if (!passes) return { kind: 'dropped', journey: after, by: decision };
      const isTold = chain.type !== 'nat' && (end.by === undefined || weightOf(decision) >= weightOf(end.by));
      return {
        kind: 'in',
        journey: after,
        ...(isTold ? { by: decision } : end.by === undefined ? {} : { by: end.by }),
      };
    });
    const why = 'which interface the chain sees is not listed';
    return isDoubtful && outcomes.some(({ kind }) => kind === 'dropped')
      ? [{ ...end, journey: { unsure: why, ...journey } }, ...outcomes]
      : outcomes;
  }
}

function distinct(ends: readonly End[]): End[] {
  return [...new Map(ends.map((end) => [`${end.kind} ${journeyKey(end.journey)}`, end])).values()];
}

/** Of several decisions that accept a packet, chooses the one to report: a rule's, in the chain with the most rules. */
function weightOf({ chain, rule }: Decision): number {
  const isLast = chain.hook === 'input' || chain.hook === 'forward' ? 2 : 0;
  if (rule !== undefined) return isLast + 1;
  return isLast + (chain.priority === 0 ? 0.5 : 0);
}
