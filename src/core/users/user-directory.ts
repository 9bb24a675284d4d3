import { acceptsProof, type DoorSpec } from '../door/door.ts';
import { USER_PROOFS, type UserProof } from '../door/proof-kind.ts';
import type { Instant } from '../net/time.ts';
import type { User, UserKey, UserSpa } from './user.ts';

/** A key and its user. */
export type KeyOwner = { readonly user: User; readonly key: UserKey };

/** An fwknop key and its user. */
export type SpaOwner = { readonly user: User; readonly spa: UserSpa };

/** The users, looked up by name and by key id. */
export class UserDirectory {
  readonly users: readonly User[];
  readonly #byName: ReadonlyMap<string, User>;
  readonly #byKey: ReadonlyMap<string, KeyOwner>;
  /** In the order of the file: the keys that each fwknop packet is tried with. */
  readonly spa: readonly SpaOwner[];
  /** When users and keys expire, by the wall clock. */
  readonly #ends: readonly Instant[];

  constructor(users: readonly User[]) {
    this.users = users;
    this.#byName = new Map(users.map((user) => [user.name, user]));
    this.#byKey = new Map(
      users.flatMap((user) => user.keys.map((key) => [textOf(key.id), { user, key }] as const)),
    );
    this.spa = users.flatMap((user) => user.spa.map((spa) => ({ user, spa })));
    this.#ends = users.flatMap(({ keys, until }) => [
      ...keys.flatMap(({ knockKey }) => knockKey.until ?? []),
      ...(until === undefined ? [] : [until]),
    ]);
  }

  find(name: string): User | undefined {
    return this.#byName.get(name);
  }

  /** `id`: as a signed knock names a key. */
  findKey(id: Uint8Array): KeyOwner | undefined {
    return this.#byKey.get(textOf(id));
  }

  /**
   * Whether the user still has the key, neither has expired, and he may open the door. His source address is not
   * checked.
   */
  mayHold(name: string, fingerprint: string, door: DoorSpec | undefined, now: Instant): boolean {
    const user = this.find(name);
    if (user === undefined || user.isOff === true) return false;
    const key = user.keys.find((one) => one.fingerprint === fingerprint);
    const proof = proofWith(user, fingerprint);
    if (proof === undefined) return false;
    const until = key === undefined ? user.until : key.knockKey.until;
    const isInTime = until === undefined || now < until;
    return isInTime && (door === undefined || mayOpen(user, door, proof));
  }

  /** Whether a user or a key expired after `from`, and not after `to`. */
  hasEnded(from: Instant, to: Instant): boolean {
    return this.#ends.some((end) => from < end && end <= to);
  }

  /** Without the user, or without one of his keys. */
  without(name: string, fingerprint?: string): UserDirectory {
    const users = this.users.flatMap((user) => {
      if (user.name !== name) return [user];
      if (fingerprint === undefined) return [];
      const isOther = (one: { readonly fingerprint: string }): boolean => one.fingerprint !== fingerprint;
      const { code, ...others } = user;
      const kept = code === undefined || !isOther(code) ? {} : { code };
      return [{ ...others, ...kept, keys: user.keys.filter(isOther), spa: user.spa.filter(isOther) }];
    });
    return new UserDirectory(users);
  }
}

/** The kinds of proof that the user has. */
export function proofsOf({ keys, code, spa }: User): readonly UserProof[] {
  const has = { key: keys.length > 0, code: code !== undefined, spa: spa.length > 0 };
  return USER_PROOFS.filter((proof) => has[proof]);
}

/** The kind of proof of the credential with this fingerprint. */
function proofWith({ keys, code, spa }: User, fingerprint: string): UserProof | undefined {
  const isIt = (one: { readonly fingerprint: string }): boolean => one.fingerprint === fingerprint;
  if (keys.some(isIt)) return 'key';
  if (code !== undefined && isIt(code)) return 'code';
  return spa.some(isIt) ? 'spa' : undefined;
}

/** The fingerprints of all the user's credentials. */
export const fingerprintsOf = ({ keys, code, spa }: User): readonly string[] =>
  [...keys, ...(code === undefined ? [] : [code]), ...spa].map(({ fingerprint }) => fingerprint);

/** Whether the user may open the door by any proof that he has. */
export const mayOpenSomehow = (user: User, door: DoorSpec): boolean =>
  proofsOf(user).some((proof) => mayOpen(user, door, proof));

/** Whether the door accepts the proof and this user, and the user's section allows the door. */
export function mayOpen({ name, doors }: User, door: DoorSpec, proof: UserProof): boolean {
  return (
    acceptsProof(door, proof) &&
    (door.users === undefined || door.users.includes(name)) &&
    (doors === undefined || doors.includes(door.name))
  );
}

/** The door that a user means: the one with that name or, without a name, the only one that he may open. */
export function doorFor(user: User, name: string, doors: readonly DoorSpec[]): DoorSpec | undefined {
  const his = doors.filter((door) => mayOpen(user, door, 'key'));
  return name === '' ? (his.length === 1 ? his[0] : undefined) : his.find((door) => door.name === name);
}

const textOf = (id: Uint8Array): string => String.fromCharCode(...id);
