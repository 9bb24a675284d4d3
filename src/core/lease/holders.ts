import type { Proof } from '../attempt/completion.ts';
import type { Lease } from './lease.ts';
import { isByOperator, type OpenRequest } from './open-request.ts';

/** Whether a user may keep what his proof opened. */
export type MayHold = (proof: Proof, door: string) => boolean;

type Held = Pick<Lease, 'holders' | 'isShared'>;

/** The holders of a lease that the request starts. */
export function holdersOf(openRequest: OpenRequest): Held {
  const proof = proofOf(openRequest);
  return proof === undefined ? {} : { holders: [proof] };
}

/** The lease with the request's holders added; the same object if nothing changes. */
export function joinedBy(lease: Lease, openRequest: OpenRequest): Lease {
  const { holders } = lease;
  const proof = proofOf(openRequest);
  if (proof === undefined)
    return holders === undefined || lease.isShared === true ? lease : { ...lease, isShared: true };
  // A user also holds what a sequence or the operator opened, from now on.
  if (holders === undefined) return { ...lease, holders: [proof], isShared: true };
  return holders.some((one) => isSame(one, proof))
    ? lease
    : { ...lease, holders: [...withoutOldest(holders, proof), proof] };
}

/** BOUNDED: leases of one member of the fleet that hold the same lease here. A newer one replaces the oldest. */
const MAX_OF_MEMBER = 8;

function withoutOldest(holders: readonly Proof[], { kind, user }: Proof): readonly Proof[] {
  if (kind !== 'member') return holders;
  const ofMember = holders.filter((one) => one.kind === kind && one.user === user);
  return ofMember.length < MAX_OF_MEMBER ? holders : holders.filter((one) => one !== ofMember[0]);
}

/** The lease without holders who may no longer hold it: the same object if all may, `undefined` if nobody remains. */
export function withoutRevoked(lease: Lease, mayHold: MayHold): Lease | undefined {
  const { holders, isShared, ...rest } = lease;
  if (holders === undefined) return lease;
  const kept = holders.filter((proof) => mayHold(proof, lease.door));
  if (kept.length === holders.length) return lease;
  const shared = isShared === true ? { isShared } : {};
  if (kept.length > 0) return { ...rest, holders: kept, ...shared };
  return isShared === true ? rest : undefined;
}

/** Their names, each once; '' without users. */
export function holderNames(holders: readonly Proof[] = []): string {
  return [...new Set(holders.map(({ user }) => user))].join(', ');
}

/** Whose name the commands are given. */
export function userOf(openRequest: OpenRequest): string | undefined {
  const proof = proofOf(openRequest);
  return proof === undefined || proof.kind === 'member' ? undefined : proof.user;
}

const MEMBER = 'member ';

/** Who has closed a lease, where that was a member of the fleet. */
export const byMember = (name: string): string => `${MEMBER}${name}`;

export const closingMember = ({ closedBy }: Pick<Lease, 'closedBy'>): string | undefined =>
  closedBy?.startsWith(MEMBER) ? closedBy.slice(MEMBER.length) : undefined;

/** Whether somebody holds it who has come to this very host: a user, whoever knocked a sequence, or the operator. */
export const isOwn = ({ holders, isShared }: Held): boolean =>
  holders === undefined || isShared === true || holders.some(({ kind }) => kind !== 'member');

export const proofOf = (openRequest: OpenRequest): Proof | undefined =>
  isByOperator(openRequest) ? undefined : openRequest.proof;

export function hasSameHolder(a: Held, b: Held): boolean {
  if (a.holders === undefined && b.holders === undefined) return a.isShared === b.isShared;
  const [one = [], other = []] = [a.holders, b.holders];
  return (
    a.isShared === b.isShared &&
    one.length === other.length &&
    one.every((proof) => other.some((each) => isSame(proof, each)))
  );
}

export const isSame = (a: Proof, b: Proof): boolean => a.user === b.user && a.fingerprint === b.fingerprint;
