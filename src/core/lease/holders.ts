import type { Proof } from '../attempt/completion.ts';
import { type Demand, isByOperator } from './demand.ts';
import type { Lease } from './lease.ts';

/** Whether a user may still have what his proof has opened. */
export type MayHold = (proof: Proof, door: string) => boolean;

type Held = Pick<Lease, 'holders' | 'isShared'>;

/** Who holds a lease that the demand begins. */
export function holdersOf(demand: Demand): Held {
  const proof = proofOf(demand);
  return proof === undefined ? {} : { holders: [proof] };
}

/** The lease as it is held after one more demand for it: the same object where nothing changes. */
export function joinedBy(lease: Lease, demand: Demand): Lease {
  const { holders } = lease;
  const proof = proofOf(demand);
  if (proof === undefined)
    return holders === undefined || lease.isShared === true ? lease : { ...lease, isShared: true };
  // What a sequence or the operator has opened is his as well from now on.
  if (holders === undefined) return { ...lease, holders: [proof], isShared: true };
  return holders.some((one) => isSame(one, proof)) ? lease : { ...lease, holders: [...holders, proof] };
}

/** The lease without those who may not hold it any more: the same object where all may, `undefined` where nobody is left. */
export function withoutRevoked(lease: Lease, mayHold: MayHold): Lease | undefined {
  const { holders, isShared, ...rest } = lease;
  if (holders === undefined) return lease;
  const kept = holders.filter((proof) => mayHold(proof, lease.door));
  if (kept.length === holders.length) return lease;
  const shared = isShared === true ? { isShared } : {};
  if (kept.length > 0) return { ...rest, holders: kept, ...shared };
  return isShared === true ? rest : undefined;
}

/** Their names, each once; '' of nobody's. */
export function holderNames(holders: readonly Proof[] = []): string {
  return [...new Set(holders.map(({ user }) => user))].join(', ');
}

export const proofOf = (demand: Demand): Proof | undefined =>
  isByOperator(demand) ? undefined : demand.proof;

export function hasSameHolder(a: Held, b: Held): boolean {
  const [one = [], other = []] = [a.holders, b.holders];
  return (
    a.isShared === b.isShared &&
    one.length === other.length &&
    one.every((proof) => other.some((each) => isSame(proof, each)))
  );
}

const isSame = (a: Proof, b: Proof): boolean => a.user === b.user && a.fingerprint === b.fingerprint;
