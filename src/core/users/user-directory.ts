import { type DoorSpec, takes } from '../door/door.ts';
import type { Instant } from '../net/time.ts';
import type { User, UserKey } from './user.ts';

/** Whose key it is. */
export type KeyOwner = { readonly user: User; readonly key: UserKey };

/** The users, looked up by their names and by the ids of their keys. */
export class UserDirectory {
  readonly users: readonly User[];
  readonly #byName: ReadonlyMap<string, User>;
  readonly #byKey: ReadonlyMap<string, KeyOwner>;
  /** When keys expire, by the wall clock. */
  readonly #ends: readonly Instant[];

  constructor(users: readonly User[]) {
    this.users = users;
    this.#byName = new Map(users.map((user) => [user.name, user]));
    this.#byKey = new Map(
      users.flatMap((user) => user.keys.map((key) => [textOf(key.id), { user, key }] as const)),
    );
    this.#ends = users.flatMap(({ keys }) => keys.flatMap(({ knockKey }) => knockKey.until ?? []));
  }

  find(name: string): User | undefined {
    return this.#byName.get(name);
  }

  /** `id`: as a signed knock names a key. */
  findKey(id: Uint8Array): KeyOwner | undefined {
    return this.#byKey.get(textOf(id));
  }

  /** Whether the user still has the key, neither has ended, and he may open the door. Where he knocks from is not asked. */
  mayHold(name: string, fingerprint: string, door: DoorSpec | undefined, now: Instant): boolean {
    const user = this.find(name);
    if (user === undefined || user.isOff === true) return false;
    const key = user.keys.find((one) => one.fingerprint === fingerprint);
    if (key === undefined) return false;
    const { until } = key.knockKey;
    return (until === undefined || now < until) && (door === undefined || mayOpen(user, door));
  }

  /** Whether a key expired after `from`, and not after `to`. */
  hasEnded(from: Instant, to: Instant): boolean {
    return this.#ends.some((end) => from < end && end <= to);
  }

  /** Without the user, or without one key of his. */
  without(name: string, fingerprint?: string): UserDirectory {
    const users = this.users.flatMap((user) => {
      if (user.name !== name) return [user];
      if (fingerprint === undefined) return [];
      return [{ ...user, keys: user.keys.filter((key) => key.fingerprint !== fingerprint) }];
    });
    return new UserDirectory(users);
  }
}

/** Whether the door accepts keys, is for this user, and he for it. */
export function mayOpen({ name, doors }: User, door: DoorSpec): boolean {
  return (
    takes(door, 'key') &&
    (door.users === undefined || door.users.includes(name)) &&
    (doors === undefined || doors.includes(door.name))
  );
}

/** The door that a user means: the one of that name, or without a name the only one that he may open. */
export function doorFor(user: User, name: string, doors: readonly DoorSpec[]): DoorSpec | undefined {
  const his = doors.filter((door) => mayOpen(user, door));
  return name === '' ? (his.length === 1 ? his[0] : undefined) : his.find((door) => door.name === name);
}

const textOf = (id: Uint8Array): string => String.fromCharCode(...id);
