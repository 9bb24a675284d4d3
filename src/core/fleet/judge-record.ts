import { type Instant, type Millis, millis, since } from '../net/time.ts';
import type { FleetRecord } from './fleet-record.ts';
import type { Member } from './member.ts';
import { parseRecord } from './parse-record.ts';
import { signedBytes } from './render-record.ts';
import type { SeenRecords } from './seen-records.ts';

/** The context in which a record is judged. */
export type RecordJudge = {
  readonly fleet: string;
  /** This host: its key is in the members file too, or is known otherwise. */
  readonly self: Member;
  readonly members: ReadonlyMap<string, Member>;
  readonly seen: SeenRecords;
  /** The epoch of this daemon, by which it recognizes its own records. */
  readonly epoch: string;
  /** How much the clocks of two hosts may differ. */
  readonly skew: Millis;
  /** The longest that anything in a record may last here. */
  readonly window: Millis;
  /** Whether the signature was made with the key. */
  readonly verify: (key: Member['key'], message: Uint8Array, signature: Uint8Array) => boolean;
};

/** A record as delivered. `age`: by the engine's clock, if it is from the stream. Without it, it is from the hash of bans. */
export type Carried = { readonly bytes: Uint8Array; readonly age?: Millis };

export const RECORD_REFUSALS = [
  'junk',
  'fleet',
  'member',
  'place',
  'signature',
  'number',
  'epochs',
  'clock',
] as const;

export type RecordRefusal = (typeof RECORD_REFUSALS)[number];

export type Judged =
  /** Genuine and new. `age`: by how much every duration in it is shortened. */
  | { readonly kind: 'good'; readonly record: FleetRecord; readonly member: Member; readonly age: Millis }
  /** This daemon's own. */
  | { readonly kind: 'own' }
  /** So old that everything in it is over. */
  | { readonly kind: 'over' }
  /** `member`: the claimed sender, if known. `apart`: the difference of the clocks. */
  | {
      readonly kind: 'refused';
      readonly why: RecordRefusal;
      readonly member?: string;
      readonly apart?: Millis;
    };

/**
 * Whether a record may be accepted, and how old it is. The carrier and the engine can only withhold and delay records.
 * `now`: by this host's wall clock. The caller stores the number when it has accepted the record.
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
  // Record numbers do not protect the hash, which is read again and again: an attacker in the engine could replay an
  // opening there.
  if (age === undefined && record.body.kind !== 'ban' && record.body.kind !== 'unban')
    return refused('place');
  const byMember = since(at, now);
  if (age !== undefined && age > judge.window + judge.skew) return { kind: 'over' };
  // A replay costs no signature check.
  const known = age === undefined ? undefined : judge.seen.whyNot(name, epoch, number);
  if (known === 'number') return refused(known);
  if (!judge.verify(member.key, signedBytes(rendered), signature)) return refused('signature');
  if (known !== undefined) return refused(known);
  // For a record in the stream, both clocks give an age. The two differ by the error of the hosts' clocks and by any
  // delay.
  const apart = millis(byMember - (age ?? Math.max(0, byMember)));
  if (Math.abs(apart) > judge.skew) return { kind: 'refused', why: 'clock', member: name, apart };
  return { kind: 'good', record, member, age: millis(Math.max(0, byMember, age ?? 0)) };
}

/** The rest of a duration in a record of this age. */
export const restAt = (rest: Millis, age: Millis): Millis => millis(Math.max(0, rest - age));
