import type { RecordRefusal } from '../../../core/fleet/judge-record.ts';
import type { Instant } from '../../../core/net/time.ts';
import { escapeText } from '../../../core/text/quote-text.ts';
import type { FleetParts } from './fleet-parts.ts';

export type Refusal = RecordRefusal | 'door' | 'source' | 'bans' | 'wide' | 'many' | 'twin';

/** Why a member's change is refused here, and what to do about it. */
const WORDS: Readonly<Record<Refusal, string>> = {
  junk: 'it is not a record; another program writes to the stream, or a member has another version: see `bussa fleet status`',
  fleet: 'it is of another fleet: give each fleet a name, and an engine or an ACL, of its own',
  member: 'no such member is in the members file: add its line, or remove it from the engine',
  place: 'it is not a ban, but was among the bans: somebody who may write to the engine has put it there',
  signature: 'the signature is wrong: another host uses its name, or its key has changed; compare the lines',
  number: 'it was already accepted: it arrived twice, or out of order',
  epochs: 'its daemon has been started too often: look at its log',
  clock: "the clocks are further apart than Skew allows: set the hosts' clocks",
  door: 'it may not open this door here: the line in the members file, and the door with fleet = accept, say what it may',
  source: 'the door does not allow this address here',
  bans: 'it may not ban here: add the word bans to its line in the members file if it should',
  wide: 'the prefix is too wide: /16 and /32 are the limit for a member',
  twin: 'another host has the name and the key of this one, as a copied machine does: give each its own by `bussa fleet init`',
  many: 'it has as many bans here as a member may have',
};

/** Interval of reports about the same refusal. */
const AGAIN_MS = 600_000;

/** BOUNDED: names, which somebody without a key may make up. */
const MAX_NAMES = 256;

/** Reports and counts refusals: one line per member and reason, not per record. */
export class FleetRefusals {
  readonly #parts: Pick<FleetParts, 'clock' | 'report'>;
  readonly #told = new Map<string, Instant>();
  readonly #last = new Map<string, { readonly at: Instant; readonly why: string }>();
  #count = 0;

  constructor(parts: Pick<FleetParts, 'clock' | 'report'>) {
    this.#parts = parts;
  }

  get count(): number {
    return this.#count;
  }

  lastOf(member: string): { readonly at: Instant; readonly why: string } | undefined {
    return this.#last.get(member);
  }

  /** `what`: which door, or how much; appended to the message. */
  report(why: Refusal, member: string | undefined, what = ''): void {
    const { clock, report } = this.#parts;
    this.#count += 1;
    // Redelivery by the engine after a reconnect is normal.
    const name = member ?? '';
    const at = clock.wall();
    if (this.#last.has(name) || this.#last.size < MAX_NAMES) this.#last.set(name, { at, why: WORDS[why] });
    if (why === 'number') return;
    const key = `${name} ${why}`;
    const told = this.#told.get(key);
    if (told !== undefined && Math.abs(at - told) < AGAIN_MS) return;
    if (told === undefined && this.#told.size >= MAX_NAMES) return;
    this.#told.set(key, at);
    const who = member === undefined ? 'somebody' : `member ${escapeText(member)}`;
    report({ kind: 'warning', text: `fleet: refused from ${who}${what}: ${WORDS[why]}` });
  }
}
