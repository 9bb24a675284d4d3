import type { UserRow } from '../../../core/control/overview.ts';
import type { UserEntry, UserStory } from '../../../core/control/user-story.ts';
import { PROOF_NOUNS } from '../../../core/door/proof-kind.ts';
import type { Event } from '../../../core/event/event.ts';
import { renderMoment } from '../../../core/event/render-moment.ts';
import { saidEvent } from '../../../core/event/said-event.ts';
import type { Lease } from '../../../core/lease/lease.ts';
import type { Instant } from '../../../core/net/time.ts';
import type { User } from '../../../core/users/user.ts';
import { mayOpenSomehow, proofsOf } from '../../../core/users/user-directory.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import type { ConfigInForce } from '../../config/config-in-force.ts';
import { toWallTime } from '../leases/lease-record.ts';

/** BOUNDED: each entry takes about 300 bytes. Users come from the users file: a stranger cannot create one. */
const MAX_USERS = 1024;
const MAX_ENTRIES = 32;

export type UserViewParts = {
  readonly inForce: ConfigInForce;
  readonly clock: Clock;
  readonly leases: () => Iterable<Lease>;
};

/** What users knocked for by name, and the results. */
export class UserView {
  readonly #parts: UserViewParts;
  readonly #since: Instant;
  /** In the order of their last entries. */
  readonly #entries = new Map<string, UserEntry[]>();

  constructor(parts: UserViewParts) {
    this.#parts = parts;
    this.#since = parts.clock.wall();
  }

  /** Records events that are also logged. */
  onEvent(event: Event): void {
    if (!('user' in event) || event.user === undefined) return;
    const happened = entryOf(event);
    if (happened === undefined) return;
    const now = this.#parts.clock.wall();
    for (const name of event.user.split(', ')) this.#add(name, happened, now);
  }

  story(name: string): UserStory {
    const { inForce, clock } = this.#parts;
    const user = inForce.authority?.users.find(name);
    const present = [...(user === undefined ? unknown(name) : this.#present(user)), ...this.#open(name)];
    return {
      user: name,
      known: user !== undefined,
      present,
      entries: this.#entries.get(name) ?? [],
      now: clock.wall(),
      since: this.#since,
    };
  }

  /** The first `limit` users of the file; `undefined`: there is no file. */
  rows(limit: number): readonly UserRow[] | undefined {
    const { inForce, leases } = this.#parts;
    const users = inForce.authority?.users.users;
    if (users === undefined) return undefined;
    const held = new Map<string, number>();
    for (const { holders = [] } of leases())
      for (const name of new Set(holders.map(({ user }) => user))) held.set(name, (held.get(name) ?? 0) + 1);
    return users.slice(0, limit).map(({ name, isOff, until }) => {
      const last = this.#entries.get(name)?.at(-1);
      return {
        name,
        ...(isOff === undefined ? {} : { isOff }),
        ...(until === undefined ? {} : { until }),
        leases: held.get(name) ?? 0,
        ...(last === undefined ? {} : { last: lastOf(last) }),
      };
    });
  }

  #add(name: string, happened: Happened, now: Instant): void {
    const entries = this.#entries.get(name) ?? [];
    this.#entries.delete(name);
    const last = entries.at(-1);
    const isAgain =
      last !== undefined &&
      (['kind', 'source', 'door', 'text'] as const).every((key) => last[key] === happened[key]);
    const next = isAgain
      ? entries.with(-1, { ...last, lastAt: now, count: last.count + 1 })
      : [...entries, { ...happened, at: now, lastAt: now, count: 1 }].slice(-MAX_ENTRIES);
    const first = this.#entries.keys().next();
    if (this.#entries.size >= MAX_USERS && !first.done) this.#entries.delete(first.value);
    this.#entries.set(name, next);
  }

  #present(user: User): string[] {
    const { inForce, clock } = this.#parts;
    const { name, isOff, until, keys } = user;
    const now = clock.wall();
    if (isOff === true) return [`${name} is off: no knock of this user opens anything`];
    if (until !== undefined && until <= now) return [`${name} ended at ${renderMoment(until, now)}`];
    const doors = inForce.current.doors.filter((door) => mayOpenSomehow(user, door)).map((door) => door.name);
    const good = keys.filter(({ knockKey }) => knockKey.until === undefined || knockKey.until > now);
    const hasOther = proofsOf(user).some((proof) => proof !== 'key');
    return [
      ...(good.length > 0 || hasOther ? [] : [`${name} has no key or code that counts`]),
      doors.length > 0 ? `${name} may open ${doors.join(', ')}` : `${name} may open no door`,
      ...(until === undefined ? [] : [`${name} ends at ${renderMoment(until, now)}`]),
    ];
  }

  #open(name: string): string[] {
    const { leases, clock } = this.#parts;
    return [...leases()]
      .filter(({ holders }) => holders?.some(({ kind, user }) => kind !== 'member' && user === name) === true)
      .map(({ door, source, state, due }) => {
        const end = renderMoment(toWallTime(due, clock), clock.wall());
        return `${door} is ${state === 'open' ? `open for ${source} until ${end}` : `${state} for ${source}`}`;
      });
  }
}

const lastOf = ({ lastAt, source, text, said }: UserEntry): NonNullable<UserRow['last']> => ({
  at: lastAt,
  source,
  text,
  ...(said === undefined ? {} : { said }),
});

type Happened = Pick<UserEntry, 'kind' | 'source' | 'door' | 'text' | 'said'>;

function entryOf(event: Event): Happened | undefined {
  const happened = happenedOf(event);
  const said = saidEvent(event);
  return happened === undefined || said === undefined ? happened : { ...happened, said };
}

function happenedOf(event: Event): Happened | undefined {
  switch (event.kind) {
    case 'completed':
      return happened('completed', event, `its ${PROOF_NOUNS[event.proof ?? 'key']} was good`);
    case 'opened':
      return happened('opened', event, `opened for ${event.seconds} s`);
    case 'extended':
      return happened('extended', event, `stays open for ${event.seconds} s more`);
    case 'closed':
      return happened('closed', event, 'closed');
    case 'refused':
      return happened('refused', event, `not opened: ${event.reason}`);
    case 'proof-refused':
      return {
        kind: 'refused',
        source: event.source,
        text: `${PROOF_NOUNS[event.proof ?? 'key']} refused: ${event.reason}`,
      };
    default:
      return undefined;
  }
}

const happened = (
  kind: UserEntry['kind'],
  { source, door }: Pick<Extract<Event, { kind: 'completed' }>, 'source' | 'door'>,
  text: string,
): Happened => ({ kind, source, door, text });

const unknown = (name: string): string[] => [`there is no user ${name} in the users file`];
