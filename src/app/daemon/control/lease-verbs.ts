import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Config } from '../../../core/config/file/config.ts';
import { MAX_TIMEOUT_SECONDS } from '../../../core/config/values/parse-seconds.ts';
import {
  ADDRESS,
  LENGTH,
  needed,
  RequestError,
  readRequest,
  TEXT,
  YES,
} from '../../../core/control/read-request.ts';
import { compileAdmission } from '../../../core/door/admission.ts';
import type { DoorSpec } from '../../../core/door/door.ts';
import { renderCommands } from '../../../core/door/opening.ts';
import type { Event } from '../../../core/event/event.ts';
import { orderOpen } from '../../../core/lease/demand.ts';
import type { Lease } from '../../../core/lease/lease.ts';
import { letsIn } from '../../../core/lease/lease-prefix.ts';
import type { Address } from '../../../core/net/address.ts';
import { type Millis, seconds } from '../../../core/net/time.ts';
import { nearestWord } from '../../../core/text/nearest-word.ts';
import { quoteText } from '../../../core/text/quote-text.ts';
import type { ControlReply } from '../../../host/control/control-server.ts';
import type { LeaseKeeper } from '../leases/lease-keeper.ts';
import { inTime } from '../serial/in-time.ts';
import type { DaemonView, LeaseStatus } from '../status/daemon-view.ts';
import type { ControlVerbs } from './control.ts';

/** Commands may take their time: so long an answer waits for them. */
const PATIENCE_MS = 5000;

/** Leases that are closed between two turns of the daemon's loop. */
const CLOSED_AT_ONCE = 256;

/** Doors whose names are compared with one that there is not. */
const MAX_GUESSED = 1000;

export type LeaseVerbsParts = {
  readonly config: () => Config;
  readonly keeper: LeaseKeeper;
  readonly view: DaemonView;
  readonly report: (event: Event) => void;
};

/** What has come of `open`. `command`: how the start command does, where there is one. */
export type OpenAnswer = {
  readonly outcome: 'opened' | 'extended' | 'runs' | 'after-close';
  readonly lease?: LeaseStatus;
  readonly command?: 'ok' | 'failed' | 'running';
  /** The door would not have let this address knock. */
  readonly notAdmitted?: true;
};

/** `closing`: those that are not over yet, because a command runs or the firewall could not be reached. */
export type CloseAnswer = { readonly closed: number; readonly closing: number };

/**
 * The operator's orders. `open {door, ip, for?}`: `OpenAnswer` · `extend {door, ip, for?}`: `{lease}` · `close {door, ip}`
 * and `close {all, door?, ip?}`: `CloseAnswer`. `for`: milliseconds, else the door's own time.
 */
export function leaseVerbs(parts: LeaseVerbsParts): ControlVerbs {
  return {
    open: (request) => open(parts, request),
    extend: (request) => extend(parts, request),
    close: (request) => close(parts, request),
  };
}

type Request = Parameters<ControlVerbs[string]>[0];

async function open(parts: LeaseVerbsParts, request: Request): Promise<ControlReply> {
  const { keeper, view, report } = parts;
  const { door, source, length } = readOrder(parts, request);
  const { start, stop } = renderCommands(door.opening, source);
  const isLease = door.opening.ports !== undefined || stop !== undefined;
  if (!isLease && length !== undefined) {
    throw new RequestError(`nothing closes ${quoteText(door.name)} again: it takes no length of time`);
  }
  const time = length ?? door.opening.cmdTimeout;
  const order = { kind: 'ordered', source, door: door.name, order: 'open' } as const;
  report(isLease ? { ...order, seconds: Math.ceil(time / 1000) } : order);
  const outcome = await keeper.demand(orderOpen(door, source, time));
  const notAdmitted = compileAdmission(door)(source) ? {} : { notAdmitted: true };
  switch (outcome.kind) {
    case 'refused':
      throw new RequestError(`${door.name}: not opened for ${source}: ${outcome.reason}`);
    case 'nothing': {
      const why = start === undefined ? 'it has nothing to do for such an address' : 'the daemon is ending';
      throw new RequestError(`${door.name}: not opened for ${source}: ${why}`);
    }
    case 'opened': {
      const command = outcome.started === undefined ? {} : { command: await wait(outcome.started) };
      const lease = leaseNow(keeper, outcome.lease);
      return { ok: true, outcome: outcome.kind, lease: view.lease(lease), ...command, ...notAdmitted };
    }
    case 'extended':
      return { ok: true, outcome: outcome.kind, lease: view.lease(outcome.lease), ...notAdmitted };
    default:
      return { ok: true, outcome: outcome.kind, ...notAdmitted };
  }
}

function extend(parts: LeaseVerbsParts, request: Request): ControlReply {
  const { keeper, view, report } = parts;
  const { door, source, length = door.opening.cmdTimeout } = readOrder(parts, request);
  const before = keeper.book.current(door.name, source);
  if (before === undefined) throw notOpen(door.name, source);
  if (before.state !== 'open') {
    throw new RequestError(`${door.name} is ${before.state} for ${source} just now: try again`);
  }
  if (view.lease(before).left + length > seconds(MAX_TIMEOUT_SECONDS)) throw tooLong();
  const order = { kind: 'ordered', source, door: door.name, order: 'extend' } as const;
  report({ ...order, seconds: Math.ceil((view.lease(before).left + length) / 1000) });
  const lease = keeper.extend(door.name, source, length);
  if (lease === undefined) throw notOpen(door.name, source);
  return { ok: true, lease: view.lease(lease) };
}

async function close(parts: LeaseVerbsParts, request: Request): Promise<ControlReply> {
  const { keeper, report } = parts;
  const { door, ip, all } = readRequest(request, { door: TEXT, ip: ADDRESS, all: YES });
  if (all !== true) {
    needed(door, 'door');
    needed(ip, 'ip');
  }
  const chosen = [...keeper.book.each()].filter(
    (lease) => (door === undefined || lease.door === door) && (ip === undefined || letsIn(lease, ip)),
  );
  if (chosen.length === 0 && all !== true) throw notOpen(door ?? '', ip as Address);
  let closed = 0;
  const ends: Promise<unknown>[] = [];
  for (let at = 0; at < chosen.length; at += CLOSED_AT_ONCE) {
    const some = chosen.slice(at, at + CLOSED_AT_ONCE);
    for (const { door, source } of some) report({ kind: 'ordered', source, door, order: 'close' });
    for (const end of keeper.close(some)) {
      ends.push(
        end.then(() => {
          closed += 1;
        }),
      );
    }
    await nextTurn();
  }
  await inTime(Promise.all(ends), PATIENCE_MS);
  return { ok: true, closed, closing: chosen.length - closed };
}

type Order = { readonly door: DoorSpec; readonly source: Address; readonly length?: Millis };

function readOrder({ config }: LeaseVerbsParts, request: Request): Order {
  const { door, ip, for: length } = readRequest(request, { door: TEXT, ip: ADDRESS, for: LENGTH });
  const spec = doorOf(config(), needed(door, 'door'));
  if (length !== undefined && length > seconds(MAX_TIMEOUT_SECONDS)) throw tooLong();
  return { door: spec, source: needed(ip, 'ip'), ...(length === undefined ? {} : { length }) };
}

function doorOf({ doors }: Config, name: string): DoorSpec {
  const door = doors.find((one) => one.name === name);
  if (door !== undefined) return door;
  const near = nearestWord(
    name,
    doors.slice(0, MAX_GUESSED).map((one) => one.name),
  );
  const guess = near === undefined ? '`bussa status` lists them' : `did you mean ${near}?`;
  throw new RequestError(`there is no door ${quoteText(name)}: ${guess}`);
}

const notOpen = (door: string, source: Address): RequestError =>
  new RequestError(`${quoteText(door)} is not open for ${source}: \`bussa leases\` lists what is`);

const tooLong = (): RequestError =>
  new RequestError(`that is too long: a door is open for ${MAX_TIMEOUT_SECONDS} seconds at most`);

/** As it is by now, or as it was. */
function leaseNow(keeper: LeaseKeeper, lease: Lease): Lease {
  const current = keeper.book.current(lease.door, lease.source);
  return current?.id === lease.id ? current : lease;
}

async function wait(started: Promise<boolean>): Promise<'ok' | 'failed' | 'running'> {
  let result: 'ok' | 'failed' | 'running' = 'running';
  const ended = started.then((ok) => {
    result = ok ? 'ok' : 'failed';
  });
  await inTime(ended, PATIENCE_MS);
  return result;
}
