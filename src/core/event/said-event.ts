import type { EarlyEnd } from '../lease/lease.ts';
import type { InterfaceChange } from '../net/host-interface.ts';
import { reasonCode } from '../say/reasons.ts';
import { said } from '../say/render-english.ts';
import type { Said, SaidValue } from '../say/said.ts';
import type { Event, EventKind } from './event.ts';
import { saidFailure } from './failure-words.ts';

type Plain = Exclude<EventKind, 'warning' | 'error' | 'debug' | 'suppressed' | 'ordered' | 'interface'>;

/** Kinds of events and, behind them, parts of their sentences. */
type Code =
  | Plain
  | `ordered-${Extract<Event, { kind: 'ordered' }>['order']}`
  | `interface-${InterfaceChange['kind']}`
  | `early-${EarlyEnd | 'member'}`
  | 'adopted-overdue'
  | 'by'
  | 'cut'
  | 'for'
  | 'for-good';

export type SaidEventCode = `event-${Code}`;

type Values = Readonly<Record<string, SaidValue>>;

/**
 * An event by its kind, for readers of other languages, without source, door and user. `undefined`: it has only its text,
 * as warnings and errors do.
 */
export function saidEvent(event: Event): Said | undefined {
  switch (event.kind) {
    case 'warning':
    case 'error':
    case 'debug':
    case 'suppressed':
      return undefined;
    case 'scan':
      return of('scan', { knock: `${event.protocol}/${event.port}`, seconds: event.seconds });
    case 'command-failed': {
      const { failure, lastErrorLine } = event;
      return of('command-failed', { failure: saidFailure(failure, lastErrorLine) });
    }
    case 'start-failed':
      return of('start-failed', { reason: event.why });
    case 'refused':
    case 'proof-refused':
      return saidRefusal(event);
    case 'closed':
      return saidClosing(event);
    case 'ordered': {
      const { order, seconds } = event;
      const long = seconds === undefined ? '' : of('for', { seconds });
      return of(`ordered-${order}`, { long, by: saidBy(event.by) });
    }
    case 'banned': {
      const { who, seconds, by } = event;
      const long = seconds === undefined ? of('for-good') : of('for', { seconds });
      return of('banned', { who, long, by: saidBy(by) });
    }
    case 'unbanned':
    case 'reloading':
    case 'confirmed':
      return of(event.kind, { ...scalars(event), by: saidBy(event.by) });
    case 'adopted':
      return of(event.overdue ? 'adopted-overdue' : 'adopted');
    case 'interface': {
      const { kind, ...values } = event.change;
      return of(`interface-${kind}`, scalars(values));
    }
    case 'judged-closed':
      return of('judged-closed', { ports: event.ports.join(', ') });
    default:
      return of(event.kind, scalars(event));
  }
}

const of = (code: Code, values: Values = {}): Said => ({ code: `event-${code}`, values });

function saidRefusal(event: Extract<Event, { kind: 'refused' | 'proof-refused' }>): Said {
  const { reason } = event;
  const code = reasonCode(reason);
  const why = 'why' in event ? event.why : undefined;
  const value = why ?? (code === undefined ? reason : said(code));
  return event.kind === 'refused'
    ? of('refused', { reason: value })
    : of('proof-refused', { proof: said(event.proof ?? 'key'), reason: value });
}

function saidClosing({ ports, early, member, cut }: Extract<Event, { kind: 'closed' }>): Said {
  const why =
    member !== undefined ? of('early-member', { member }) : early === undefined ? '' : of(`early-${early}`);
  return of('closed', { ports, why, cut: cut === 0 ? '' : of('cut', { cut }) });
}

const saidBy = (by: string | undefined): SaidValue => (by === undefined ? '' : of('by', { by }));

function scalars(fields: object): Values {
  const entries = Object.entries(fields).filter(
    ([name, value]) => name !== 'kind' && (typeof value === 'string' || typeof value === 'number'),
  );
  return Object.fromEntries(entries);
}
