import { type DoorSpec, takes } from '../door/door.ts';
import type { User, UserKey } from './user.ts';

/** Whose key it is. */
export type KeyOwner = { readonly user: User; readonly key: UserKey };

/** The users, looked up by their names and by the ids of their keys. */
export class UserDirectory {
  readonly users: readonly User[];
  readonly #byName: ReadonlyMap<string, User>;
  readonly #byKey: ReadonlyMap<string, KeyOwner>;

  constructor(users: readonly User[]) {
    this.users = users;
    this.#byName = new Map(users.map((user) => [user.name, user]));
    this.#byKey = new Map(
      users.flatMap((user) => user.keys.map((key) => [textOf(key.id), { user, key }] as const)),
    );
  }

  find(name: string): User | undefined {
    return this.#byName.get(name);
  }

  /** `id`: as a signed knock names a key. */
  findKey(id: Uint8Array): KeyOwner | undefined {
    return this.#byKey.get(textOf(id));
  }

  /** Whether the user has the key still, is not off, and may open the door. Where and when he knocks is not asked. */
  mayHold(name: string, fingerprint: string, door: DoorSpec | undefined): boolean {
    const user = this.find(name);
    if (user === undefined || user.isOff === true) return false;
    return (
      user.keys.some((key) => key.fingerprint === fingerprint) && (door === undefined || mayOpen(user, door))
    );
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
