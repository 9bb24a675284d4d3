import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Config } from '../../../core/config/file/config.ts';
import { MAX_TIMEOUT_SECONDS } from '../../../core/config/values/parse-seconds.ts';
import type { Requests } from '../../../core/control/contract.ts';
import type { CloseAnswer, ExtendAnswer, OpenAnswer } from '../../../core/control/order-answers.ts';
import { needed, RequestError } from '../../../core/control/parse-request.ts';
import { compileAdmission } from '../../../core/door/admission.ts';
import type { DoorSpec } from '../../../core/door/door.ts';
import { renderCommands } from '../../../core/door/opening.ts';
import type { ByOperator, Event } from '../../../core/event/event.ts';
import type { Lease } from '../../../core/lease/lease.ts';
import { coversAddress } from '../../../core/lease/lease-prefix.ts';
import { orderOpen } from '../../../core/lease/open-request.ts';
import type { Address } from '../../../core/net/address.ts';
import { type Millis, seconds } from '../../../core/net/time.ts';
import { nearestWord } from '../../../core/text/nearest-word.ts';
import { quoteText } from '../../../core/text/quote-text.ts';
import type { ControlVerbs } from '../../../host/control/control-verbs.ts';
import { inTime } from '../../../host/serial/in-time.ts';
import type { LeaseKeeper } from '../leases/lease-keeper.ts';
import type { DaemonView } from '../status/daemon-view.ts';

/** How long an answer waits for commands to finish. */
const PATIENCE_MS = 5000;

/** Leases closed per turn of the event loop. */
const CLOSED_AT_ONCE = 256;

/** Number of door names compared with an unknown one. */
const MAX_GUESSED = 1000;

export type LeaseVerbsParts = {
  readonly config: () => Config;
  readonly keeper: LeaseKeeper;
  readonly view: DaemonView;
  /** Closes it at the other members of the fleet; false: there is no fleet. */
  readonly closeEverywhere: (lease: Pick<Lease, 'door' | 'source'>) => boolean;
  readonly report: (event: Event) => void;
};

/** The operator's commands on leases. */
export function leaseVerbs(parts: LeaseVerbsParts): Pick<ControlVerbs, 'open' | 'extend' | 'close'> {
  return {
    open: (fields, asker) => open(parts, fields, asker()),
    extend: (fields, asker) => extend(parts, fields, asker()),
    close: (fields, asker) => close(parts, fields, asker()),
  };
}

async function open(parts: LeaseVerbsParts, fields: Requests['open'], by: ByOperator): Promise<OpenAnswer> {
  const { keeper, view, report } = parts;
  const { door, source, length } = readOrder(parts, fields);
  const { start, stop } = renderCommands(door.opening, source);
  const isLease = door.opening.ports !== undefined || stop !== undefined;
  if (!isLease && length !== undefined) {
    throw new RequestError(`nothing closes ${quoteText(door.name)} again, so it accepts no duration`);
  }
  const time = length ?? door.opening.cmdTimeout;
  const order = { kind: 'ordered', source, door: door.name, order: 'open', ...by } as const;
  report(isLease ? { ...order, seconds: Math.ceil(time / 1000) } : order);
  const outcome = await keeper.requestOpen(orderOpen(door, source, time, by.by));
  const notAdmitted = compileAdmission(door)(source) ? {} : ({ notAdmitted: true } as const);
  switch (outcome.kind) {
    case 'refused':
      throw new RequestError(`${door.name}: not opened for ${source}: ${outcome.reason}`);
    case 'nothing': {
      const why = start === undefined ? 'it does nothing for such an address' : 'the daemon is ending';
      throw new RequestError(`${door.name}: not opened for ${source}: ${why}`);
    }
    case 'opened': {
      const command = outcome.started === undefined ? {} : { command: await wait(outcome.started) };
      const lease = leaseNow(keeper, outcome.lease);
      return { outcome: outcome.kind, lease: view.lease(lease), ...command, ...notAdmitted };
    }
    case 'extended':
      return { outcome: outcome.kind, lease: view.lease(outcome.lease), ...notAdmitted };
    default:
      return { outcome: outcome.kind, ...notAdmitted };
  }
}

function extend(parts: LeaseVerbsParts, fields: Requests['extend'], by: ByOperator): ExtendAnswer {
  const { keeper, view, report } = parts;
  const { door, source, length = door.opening.cmdTimeout } = readOrder(parts, fields);
  const before = keeper.book.current(door.name, source);
  if (before === undefined) throw notOpen(door.name, source);
  if (before.state !== 'open') {
    throw new RequestError(`${door.name} is ${before.state} for ${source} at the moment: try again`);
  }
  if (view.lease(before).left + length > seconds(MAX_TIMEOUT_SECONDS)) throw tooLong();
  const order = { kind: 'ordered', source, door: door.name, order: 'extend', ...by } as const;
  report({ ...order, seconds: Math.ceil((view.lease(before).left + length) / 1000) });
  const lease = keeper.extend(door.name, source, length);
  if (lease === undefined) throw notOpen(door.name, source);
  return { lease: view.lease(lease) };
}

async function close(
  parts: LeaseVerbsParts,
  fields: Requests['close'],
  by: ByOperator,
): Promise<CloseAnswer> {
  const { keeper, report } = parts;
  const { door, ip, all, fleet } = fields;
  if (all !== true) {
    needed(door, 'door');
    needed(ip, 'ip');
  }
  const chosen = [...keeper.book.each()].filter(
    (lease) => (door === undefined || lease.door === door) && (ip === undefined || coversAddress(lease, ip)),
  );
  if (fleet === true) {
    const everywhere = { door: needed(door, 'door'), source: needed(ip, 'ip') };
    if (!parts.closeEverywhere(everywhere))
      throw new RequestError('this daemon has no fleet: leave --fleet out');
    if (chosen.length === 0) report({ kind: 'ordered', ...everywhere, order: 'close', ...by });
  }
  if (chosen.length === 0 && all !== true && fleet !== true)
    throw notOpen(needed(door, 'door'), needed(ip, 'ip'));
  let closed = 0;
  const ends: Promise<unknown>[] = [];
  for (let at = 0; at < chosen.length; at += CLOSED_AT_ONCE) {
    const some = chosen.slice(at, at + CLOSED_AT_ONCE);
    for (const { door, source } of some) report({ kind: 'ordered', source, door, order: 'close', ...by });
    for (const end of keeper.close(some, by.by)) {
      ends.push(
        end.then(() => {
          closed += 1;
        }),
      );
    }
    await nextTurn();
  }
  await inTime(Promise.all(ends), PATIENCE_MS);
  return { closed, closing: chosen.length - closed };
}

type Order = { readonly door: DoorSpec; readonly source: Address; readonly length?: Millis };

function readOrder({ config }: LeaseVerbsParts, { door, ip, for: length }: Requests['open']): Order {
  const spec = doorOf(config(), door);
  if (length !== undefined && length > seconds(MAX_TIMEOUT_SECONDS)) throw tooLong();
  return { door: spec, source: ip, ...(length === undefined ? {} : { length }) };
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
  new RequestError(`that is too long: the limit is ${MAX_TIMEOUT_SECONDS} seconds`);

/** The lease's current state, or its last one. */
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
