import { PROOF_NOUNS } from '../door/proof-kind.ts';
import type { InterfaceChange } from '../net/host-interface.ts';
import type { ByOperator, ByUser, CommandFailure, LogEvent } from './event.ts';
import { printableLine } from './printable.ts';

export type LogLevel = 'error' | 'warning' | 'notice' | 'debug';

const LEVELS: Partial<Record<LogEvent['kind'], LogLevel>> = {
  'command-failed': 'error',
  error: 'error',
  'reload-refused': 'error',
  'no-sequences-left': 'error',
  undoing: 'error',
  undone: 'error',
  refused: 'warning',
  'interface-missing': 'warning',
  'fleet-unreachable': 'warning',
  'packets-dropped': 'warning',
  withheld: 'warning',
  waiting: 'warning',
  'start-failed': 'warning',
  unclosed: 'error',
  warning: 'warning',
  failed: 'debug',
  evicted: 'debug',
  debug: 'debug',
};

export function eventLevel(event: LogEvent): LogLevel {
  return LEVELS[event.kind] ?? 'notice';
}

/**
 * A log line in knockd's words, without line end and of bounded length. `hostName`: the source's, if it was looked up.
 */
export function renderEvent(event: LogEvent, hostName?: string): string {
  return printableLine(words(event, hostName === undefined ? '' : ` (${hostName})`));
}

/** For attempts that fail. */
const ENDS = {
  failed: 'wrong knock',
  expired: 'sequence timeout',
  evicted: 'made room for another attempt',
} as const;

function words(event: LogEvent, host: string): string {
  switch (event.kind) {
    case 'stage':
      return `${event.source}${host}: ${event.door}: Stage ${event.stage}`;
    case 'completed':
      return `${event.source}${host}: ${event.door}: ${by(event)}OPEN SESAME${proofWords(event)}${gatewayWords(event)}`;
    case 'failed':
    case 'expired':
    case 'evicted':
      return `${event.source}${host}: ${event.door}: ${ENDS[event.kind]} (stage ${event.stage})`;
    case 'withheld':
      return `${event.source}${host}: ${event.door}: not opened: this address also probed other ports; repeat the sequence once, without any other packet, to open`;
    case 'scan':
      return `${event.source}${host}: port scan: ${event.protocol}/${event.port} is its second decoy port; for ${event.seconds} s the sequence must be knocked twice in a row`;
    case 'start-failed':
      return `${event.source}${host}: ${event.door}: the start command ${event.reason}`;
    case 'opened':
      return `${event.source}${host}: ${event.door}: ${by(event)}opened ${event.ports} for ${event.seconds} s`;
    case 'closed':
      return `${event.source}${host}: ${event.door}: ${by(event)}closed ${event.ports}${closedWords(event)}`;
    case 'ordered':
      return `${event.source}${host}: ${event.door}: ${orderWords(event)}`;
    case 'held':
      return `${event.source}${host}: ${event.door}: held open while a connection lives`;
    case 'unclosed':
      return `${event.source}${host}: ${event.door}: not closed yet: tried ${event.times === 1 ? 'once' : `${event.times} times`}, next try in ${event.seconds} s`;
    case 'command-timeout':
      return `${event.source}${host}: ${event.door}: command timeout`;
    case 'extended':
      return `${event.source}${host}: ${event.door}: ${by(event)}already open; stays open for ${event.seconds} s from now`;
    case 'refused':
      return `${event.source}${host}: ${event.door}: ${by(event)}not opened: ${event.reason}`;
    case 'proof-refused':
      return `${event.source}${host}: ${by(event)}${PROOF_NOUNS[event.proof ?? 'key']} refused: ${event.reason}`;
    case 'adopted':
      return `${event.source}${host}: ${event.door}: left open by an earlier run, ${event.overdue ? 'overdue, closing now' : 'will be closed on time'}`;
    case 'listening':
    case 'stopping':
    case 'running':
    case 'waiting':
    case 'command-failed':
      return doorWords(event);
    default:
      return serviceWords(event);
  }
}

type SourceEvent = Extract<LogEvent, { source: unknown }>;
type DoorEvent = Extract<
  LogEvent,
  { kind: 'running' | 'waiting' | 'command-failed' | 'listening' | 'stopping' }
>;

function refusal(mistakes: number): string {
  if (mistakes === 0) return 'was rejected (see above)';
  return `has ${mistakes} ${mistakes === 1 ? 'mistake' : 'mistakes'} and was rejected`;
}

function doorWords(event: DoorEvent): string {
  switch (event.kind) {
    case 'listening':
      return `starting up, listening on ${event.on}`;
    case 'stopping':
      return 'shutting down';
    case 'running':
      return `${event.door}: running command: ${event.command}`;
    case 'waiting':
      return `${event.door}: ${waitingWords(event)}: ${event.command}`;
    case 'command-failed':
      return `${event.door}: ${failureWords(event.failure)}${event.lastErrorLine === undefined ? '' : `: ${event.lastErrorLine}`}`;
  }
}

function serviceWords(event: Exclude<LogEvent, SourceEvent | DoorEvent>): string {
  switch (event.kind) {
    case 'banned':
      return `${event.who}: banned ${event.seconds === undefined ? 'for good' : `for ${event.seconds} s`}${whose(event)}`;
    case 'unbanned':
      return `${event.who}: no longer banned${whose(event)}`;
    case 'reloading':
      return `re-reading config file: ${event.file}${whose(event)}`;
    case 'reload-refused':
      return `the new configuration in ${event.file} ${refusal(event.mistakes)}; the old one stays in force`;
    case 'log-reopened':
      return `re-opening log file: ${event.file}`;
    case 'no-sequences-left':
      return `no more sequences left in the one time sequences file ${event.file} for door ${event.door} --> disabling the door`;
    case 'interface':
      return interfaceWords(event.change);
    case 'interface-missing':
      return `interface ${event.name} does not exist; waiting for it`;
    case 'firewall':
      return `using ${event.name}: ${event.why}`;
    case 'fleet-connected':
      return `fleet: connected to the engine${untoldWords(event.count)}`;
    case 'fleet-unreachable':
      return `fleet: no connection to the engine: ${event.reason}: doors open and close here as ever, other members are not told until it is back${untoldWords(event.count)}`;
    case 'judged-closed':
      return `strangers cannot reach, judged by the whole ruleset: ${event.ports.join(', ')}`;
    case 'unconfirmed':
      return `reverting in ${event.seconds} s unless you confirm: knock, log in through the door, then run ${event.how} there${event.atTerminal ? '; or press Enter here' : ''}`;
    case 'confirmed':
      return `confirmed ${event.at === 'terminal' ? 'at the terminal' : 'by bussa confirm'}${whose(event)}: the rules stay in place`;
    case 'undoing':
      return `not confirmed within ${event.seconds} s: opening the ports again and stopping the daemon`;
    case 'undone':
      return `${event.why}: the ports that it closed are open again`;
    case 'packets-dropped':
      return `${event.count} packets lost: arrived faster than they could be processed`;
    case 'suppressed':
      return `${event.what}: ${event.count} more lines like this were not written`;
    case 'warning':
    case 'error':
    case 'debug':
      return event.text;
    default:
      throw new Error(`an event without words: ${JSON.stringify(event satisfies never)}`);
  }
}

const EARLY = {
  left: ', its last connection has ended',
  changed: ', its door has been changed',
  banned: ', its address has been banned',
  closed: ', by the operator',
  revoked: ', its user may no longer open it',
} as const;

const by = ({ user, proof }: ByUser): string => {
  if (user === undefined) return '';
  return proof === 'member' ? `member ${user}: ` : `${user}: `;
};

function proofWords({ proof, credential }: ByUser): string {
  const words = [proof, credential].filter((word) => word !== undefined);
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

const gatewayWords = ({ gateways }: Extract<LogEvent, { kind: 'completed' }>): string =>
  gateways === undefined ? '' : ` (with knocks that reached ${gateways})`;

const ORDERS = { open: 'open it', extend: 'keep it open', close: 'close it' } as const;

function orderWords(event: Extract<LogEvent, { kind: 'ordered' }>): string {
  const { order, seconds } = event;
  return `the operator's order: ${ORDERS[order]}${seconds === undefined ? '' : ` for ${seconds} s`}${whose(event)}`;
}

const whose = ({ by }: ByOperator): string => (by === undefined ? '' : `, by ${by}`);

function closedWords({ early, cut, member }: Extract<LogEvent, { kind: 'closed' }>): string {
  const why = early === undefined ? '' : member === undefined ? EARLY[early] : `, by member ${member}`;
  if (cut === 0) return why;
  return `${why}, ${cut} ${cut === 1 ? 'connection' : 'connections'} cut`;
}

function waitingWords({ purpose, of, limit }: Extract<LogEvent, { kind: 'waiting' }>): string {
  const what = purpose === 'stop' ? 'stop command' : 'command';
  return `waiting: the limit of ${limit} ${what}${limit === 1 ? '' : 's'} at ${of === 'door' ? 'this door' : 'all doors together'} is reached`;
}

function failureWords(failure: CommandFailure): string {
  switch (failure.kind) {
    case 'status':
      return `command returned non-zero status code (${failure.status})`;
    case 'signal':
      return `command was terminated by signal ${failure.signal}`;
    case 'not-started':
      return `command could not be started: ${failure.reason}`;
    case 'timed-out':
      return `command exceeded its time limit of ${failure.timeMs / 1000} s and was terminated`;
    default:
      throw new Error(`a failure without words: ${JSON.stringify(failure satisfies never)}`);
  }
}

function interfaceWords(change: InterfaceChange): string {
  const { name } = change;
  switch (change.kind) {
    case 'appeared':
      return `interface ${name} has appeared`;
    case 'vanished':
      return `interface ${name} has vanished`;
    case 'up':
    case 'down':
      return `interface ${name} is ${change.kind}`;
    case 'address-added':
      return `interface ${name}: address ${change.address} added`;
    case 'address-removed':
      return `interface ${name}: address ${change.address} removed`;
    case 'default-route':
      return `interface ${name} now has a default route`;
    case 'no-default-route':
      return `interface ${name} no longer has a default route`;
    default:
      throw new Error(`a change without words: ${JSON.stringify(change satisfies never)}`);
  }
}

const untoldWords = (count: number): string =>
  count === 0 ? '' : `; ${count} ${count === 1 ? 'change waits' : 'changes wait'} to be told`;
