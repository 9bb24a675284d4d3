import { type Instant, type Millis, millis, since } from '../net/time.ts';
import type { FleetRecord } from './fleet-record.ts';
import type { Member } from './member.ts';
import { parseRecord } from './parse-record.ts';
import { signedBytes } from './render-record.ts';
import type { SeenRecords } from './seen-records.ts';

/** What a record is judged by. */
export type RecordJudge = {
  readonly fleet: string;
  /** This host: its key is in the members file too, or it is known otherwise. */
  readonly self: Member;
  readonly members: ReadonlyMap<string, Member>;
  readonly seen: SeenRecords;
  /** The epoch of this daemon: those records have come back. */
  readonly epoch: string;
  /** By how much the clocks of two hosts may differ. */
  readonly skew: Millis;
  /** The longest that anything in a record may last here. */
  readonly window: Millis;
  /** Whether the signature is that of the key. */
  readonly verify: (key: Member['key'], message: Uint8Array, signature: Uint8Array) => boolean;
};

/** What came with the record. `age`: by the engine's clock, where it is of the stream. */
export type Carried = { readonly bytes: Uint8Array; readonly age?: Millis };

export const RECORD_REFUSALS = ['junk', 'fleet', 'member', 'signature', 'number', 'epochs', 'clock'] as const;

export type RecordRefusal = (typeof RECORD_REFUSALS)[number];

export type Judged =
  /** Genuine, and new. `age`: how much less is left of every length of time in it. */
  | { readonly kind: 'good'; readonly record: FleetRecord; readonly member: Member; readonly age: Millis }
  /** This daemon's own. */
  | { readonly kind: 'own' }
  /** So old that whatever it says is over. */
  | { readonly kind: 'over' }
  /** `member`: whose it says that it is, where that is known. `apart`: the difference of the clocks. */
  | {
      readonly kind: 'refused';
      readonly why: RecordRefusal;
      readonly member?: string;
      readonly apart?: Millis;
    };

/**
 * Whether a record may be taken, and how old it is. Whoever carries records can withhold and delay them, and nothing more.
 * `now`: by this host's wall clock. The caller notes the number when it has taken the record.
 */
export function judgeRecord(judge: RecordJudge, { bytes, age }: Carried, now: Instant): Judged {
  const parsed = parseRecord(bytes);
  if (parsed === undefined) return { kind: 'refused', why: 'junk' };
  const { record, rendered, signature } = parsed;
  const { member: name, epoch, number, at } = record;
  if (record.fleet !== judge.fleet) return { kind: 'refused', why: 'fleet' };
  const member = name === judge.self.name ? judge.self : judge.members.get(name);
  if (member === undefined) return { kind: 'refused', why: 'member', member: name };
  if (member === judge.self && epoch === judge.epoch) return { kind: 'own' };
  const refused = (why: RecordRefusal): Judged => ({ kind: 'refused', why, member: name });
  const byMember = since(at, now);
  if (age !== undefined && age > judge.window + judge.skew) return { kind: 'over' };
  // A replay costs no signature.
  const known = age === undefined ? undefined : judge.seen.whyNot(name, epoch, number);
  if (known === 'number') return refused(known);
  if (!judge.verify(member.key, signedBytes(rendered), signature)) return refused('signature');
  if (known !== undefined) return refused(known);
  // Of a record in the stream both clocks tell the age: they differ by the hosts' clocks, and by what held it back.
  const apart = millis(byMember - (age ?? Math.max(0, byMember)));
  if (Math.abs(apart) > judge.skew) return { kind: 'refused', why: 'clock', member: name, apart };
  return { kind: 'good', record, member, age: millis(Math.max(0, byMember, age ?? 0)) };
}

/** What is left of a length of time that was told in a record of this age. */
export const restAt = (rest: Millis, age: Millis): Millis => millis(Math.max(0, rest - age));
