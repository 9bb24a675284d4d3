import { renderTrial } from '../../../app/trial/render-trial.ts';
import type { DaemonStatus } from '../../../core/control/daemon-status.ts';
import type { DoorStatus } from '../../../core/control/door-status.ts';
import type { LeaseStatus } from '../../../core/control/lease-status.ts';
import { printable } from '../../../core/event/printable.ts';
import { renderDateTime } from '../../../core/event/render-moment.ts';
import type { Json, Output } from '../../arguments/verb.ts';
import { proofRows } from './proof-rows.ts';
import { fleetJson, fleetRows } from './render-fleet.ts';
import { leaseJson, renderLeases } from './render-leases.ts';
import { renderTable } from './render-table.ts';
import { inSeconds, isoMoment, renderLength } from './render-time.ts';

/** The data that `bussa status` has requested. */
export type WholeStatus = {
  readonly status: DaemonStatus;
  readonly doors: readonly DoorStatus[];
  readonly leases: readonly LeaseStatus[];
};

/** Maximum rows of a table in the text; the JSON has all of them. */
const MAX_ROWS = 30;

type Painter = Pick<Output, 'style'>;

export function renderStatus({ status, doors, leases }: WholeStatus, painter: Painter): string[] {
  const { version, pid, uptime, startedAt } = status;
  const title = `bussa ${version}, process ${pid}, up ${renderLength(uptime)}, since ${renderDateTime(startedAt)}`;
  return [
    painter.style('bold', title),
    '',
    ...(leases.length === 0
      ? ['nobody is in: no door is open']
      : renderLeases(leases.slice(0, MAX_ROWS), painter)),
    ...moreOf(leases, '`bussa leases` lists all'),
    '',
    ...(doors.length === 0 ? ['no doors'] : renderDoors(doors.slice(0, MAX_ROWS), painter)),
    ...moreOf(doors, '`bussa status --json` lists all'),
    '',
    ...renderTable([{ title: '', style: 'dim' }, { title: '' }], factsOf(status), painter.style),
  ];
}

export function statusJson({ status, doors, leases }: WholeStatus): Json {
  const { startedAt, uptime, lastError, configFile, options, looked, trialLeft, exposure, fleet, ...rest } =
    status;
  return {
    ...rest,
    config: configFile,
    options: { ...options },
    since: isoMoment(startedAt),
    uptime: inSeconds(uptime),
    looked: {
      firewall: looked.firewall === undefined ? null : isoMoment(looked.firewall),
      interfaces: isoMoment(looked.interfaces),
    },
    trial: trialLeft === undefined ? null : { left: inSeconds(trialLeft) },
    exposure: exposure === undefined ? null : { ...exposure, at: isoMoment(exposure.at) },
    lastError: lastError === undefined ? null : { at: isoMoment(lastError.at), text: lastError.text },
    ...(fleet === undefined ? {} : { fleet: fleetJson(fleet) }),
    doors: doors.map(({ openFor, ...door }) => ({ ...door, openFor: inSeconds(openFor) })),
    openLeases: leases.map(leaseJson),
  };
}

function factsOf(status: DaemonStatus): [string, string][] {
  const { packets, counts, attempts, tripwires, bans, lastError, leases } = status;
  return [
    ['configuration', status.configFile],
    ['listening on', listeningWords(status)],
    ['firewall', firewallWords(status)],
    ['last look', lookWords(status)],
    ...trialRows(status),
    ...exposureRows(status),
    ['packets', `${packets.passed} seen, ${packets.dropped} dropped`],
    [
      'knocks',
      `${counts.knocks}; sequences: ${counts.completed} completed, ${counts.withheld} withheld, ${counts.failed} wrong, ${counts.expired} timed out`,
    ],
    ...proofRows(status),
    ['attempts', `${attempts} now, ${counts.evicted} evicted`],
    ['decoy ports', `${tripwires.touches} touched, ${tripwires.suspects} addresses in penalty now`],
    ...fleetRows(status.fleet),
    ...(bans === 0 ? [] : [['banned', `${bans}, see \`bussa bans\``] as [string, string]]),
    [
      'leases',
      `${leases.open} of ${leases.max} now${leases.failed === 0 ? '' : `, ${leases.failed} of them FAILED to open`}; ${counts.opened} opened, ${counts.extended} extended, ${counts.closed} closed, ${counts.refused} refused`,
    ],
    ['commands', `${counts.commands} run, ${counts.commandsFailed} failed`],
    ['last error', lastError === undefined ? 'none' : `${renderDateTime(lastError.at)} ${lastError.text}`],
  ];
}

/** A port is called closed only if it was judged against the whole ruleset. */
function exposureRows({ exposure, firewall }: DaemonStatus): [string, string][] {
  if (exposure === undefined) {
    return firewall.kind === 'unused' ? [] : [['strangers', 'the ruleset has not been judged yet']];
  }
  const { closed, open, unjudged, shut, at } = exposure;
  const rows = [
    ...shut.map((text) => `PROBLEM: ${printable(text)}`),
    ...open.map((text) => `PROBLEM: ${printable(text)}; \`bussa doctor\` says what closes it`),
    ...unjudged.map(printable),
    ...(closed.length === 0 ? [] : [`closed to them: ${closed.join(', ')} (judged ${renderDateTime(at)})`]),
  ];
  return rows.map((text, index) => [index === 0 ? 'strangers' : '', text]);
}

function listeningWords({ listeningOn, interfaces }: DaemonStatus): string {
  const names = interfaces.map(({ name, up }) => (up ? name : `${name} (down)`)).join(', ');
  if (names === '') return `${listeningOn}: none exists now`;
  return names === listeningOn ? names : `${listeningOn}: ${names}`;
}

function lookWords({ looked: { firewall, interfaces } }: DaemonStatus): string {
  const rules = firewall === undefined ? [] : [`rules ${renderDateTime(firewall)}`];
  return [...rules, `interfaces ${renderDateTime(interfaces)}`].join(', ');
}

function firewallWords({ firewall }: DaemonStatus): string {
  switch (firewall.kind) {
    case 'unused':
      return 'not used: no door opens ports';
    case 'unreachable':
      return 'cannot be reached: the doors stay shut; Bussa retries every 10 s';
    case 'missing':
      return `${firewall.name}: Bussa's rules are NOT in place; Bussa retries every 10 s`;
    case 'in-place':
      return `${firewall.name}: in place (${firewall.why})`;
    default:
      throw new Error(`a firewall without words: ${JSON.stringify(firewall satisfies never)}`);
  }
}

function trialRows({ unconfirmed, trialLeft }: DaemonStatus): [string, string][] {
  const how = 'not confirmed yet: run `bussa confirm` from a new connection';
  if (trialLeft !== undefined) return [['trial', `${renderTrial(trialLeft)}; ${how}`]];
  return unconfirmed ? [['trial', how]] : [];
}

function renderDoors(doors: readonly DoorStatus[], { style }: Painter): string[] {
  const columns = [
    { title: 'DOOR' },
    { title: 'OPENS' },
    { title: 'FOR', align: 'right' },
    { title: 'LEASES', align: 'right' },
    { title: 'OPENED', align: 'right' },
    { title: 'REFUSED', align: 'right' },
    { title: '', style: 'yellow' },
  ] as const;
  const rows = doors.map((door) => [
    door.name,
    [door.ports, ...(door.command ? ['command'] : [])].filter(Boolean).join(', '),
    renderLength(door.openFor),
    `${door.leases} of ${door.maxLeases}`,
    String(door.counts.opened),
    String(door.counts.refused),
    door.shut === undefined ? '' : `shut: ${printable(door.shut)}`,
  ]);
  return renderTable(columns, rows, style);
}

function moreOf(rows: readonly unknown[], where: string): string[] {
  return rows.length <= MAX_ROWS ? [] : [`… and ${rows.length - MAX_ROWS} more: ${where}`];
}
