import type { VerifyKey } from '../cipher/ciphers.ts';

/** Another host of the fleet, and what it may do here: a line of the members file. */
export type Member = {
  readonly name: string;
  /** Ed25519: its records are signed with the private half. */
  readonly key: VerifyKey;
  /** The doors that it may open here, among those that accept the fleet. `all`: each of them. */
  readonly doors: readonly string[] | 'all';
  /** It may ban sources here. */
  readonly bans: boolean;
  /** Its line number in the members file. */
  readonly line: number;
};

/** BOUNDED: members of a fleet, including this host. */
export const MAX_MEMBERS = 64;

export const mayOpen = ({ doors }: Member, door: string): boolean => doors === 'all' || doors.includes(door);
