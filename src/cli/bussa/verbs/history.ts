import type { HistoryFilter, HistoryReading } from '../../../app/ask/read-history.ts';
import { printable } from '../../../core/event/printable.ts';
import { renderDateTime } from '../../../core/event/render-moment.ts';
import { holderNames } from '../../../core/lease/holders.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { OptionTable } from '../../arguments/option.ts';
import { parseMoment } from '../../arguments/parse-moment.ts';
import { parseSource } from '../../arguments/parse-source.ts';
import { UsageError } from '../../arguments/read-options.ts';
import type { Json, Output, Verb } from '../../arguments/verb.ts';
import { printNoAnswer, readSelector, SELECTOR_OPTIONS } from '../../daemon-verbs/daemon-selector.ts';
import { renderTable } from '../text/render-table.ts';
import { inSeconds, isoMoment, renderLength } from '../text/render-time.ts';

const DEFAULT_LIMIT = 100;

const OPTIONS = {
  since: {
    type: 'string',
    value: 'WHEN',
    summary: 'only leases that were open after that: `yesterday`, `2h`, `2026-11-01`',
    details:
      '`today` and `yesterday` begin at midnight; `90m`, `2h` and `3d` mean that long ago; a date may have a time, as in `2026-11-01 14:30`. All times are in the time zone of this command.',
  },
  until: { type: 'string', value: 'WHEN', summary: 'only leases that were open before that' },
  door: { type: 'string', value: 'DOOR', completes: 'door', summary: 'only leases of this door' },
  ip: { type: 'string', value: 'ADDRESS', summary: 'only leases of this address' },
  user: { type: 'string', value: 'NAME', summary: 'only leases that this user held' },
  limit: { type: 'string', value: 'N', summary: `at most this many, the latest (default ${DEFAULT_LIMIT})` },
  ...SELECTOR_OPTIONS,
} as const satisfies OptionTable;

type PastLease = Extract<HistoryReading, { kind: 'history' }>['leases'][number];

const ENDS: Readonly<Record<PastLease['how'], string>> = {
  expired: 'at its time',
  left: 'its last connection ended',
  stopped: 'the daemon was stopped',
  failed: 'it did not come about',
  rebooted: 'the machine rebooted',
  changed: 'its door was changed',
  banned: 'its address was banned',
  closed: 'by the operator',
  revoked: 'its user may not open it any more',
};

export const HISTORY: Verb = {
  name: 'history',
  summary: 'list past leases: for whom a door was open, and how it closed',
  description: [
    'Prints past leases, the latest first: which door, for whom, since when and for how long, whether by a knock or by the operator, and how it ended. `bussa leases` lists the doors that are open now.',
    'The daemon remembers the last 100,000. If no daemon runs, the verb reads the records of the last one.',
  ],
  operands: [],
  options: OPTIONS,
  read: ({ values }, environment) => {
    const daemon = readSelector(values, environment);
    const choice = readChoice(values);
    return async (output) => {
      const { readHistory } = await import('../../../app/ask/read-history.ts');
      const reading = await readHistory(daemon, choice);
      if (reading.kind !== 'history') return printNoAnswer(reading, output);
      const { leases, from } = reading;
      if (from === 'database')
        output.error('bussa: no daemon is running: these are the records of the last one');
      output.answer(
        { from, history: leases.map(pastJson) },
        leases.length === 0 ? ['nothing'] : renderPast(leases, output),
      );
      return EXIT.ok;
    };
  },
};

function readChoice(values: ReadonlyMap<string, string>): HistoryFilter {
  const now = new Date();
  const [door, ip, user, since, until] = ['door', 'ip', 'user', 'since', 'until'].map((name) =>
    values.get(name),
  );
  return {
    limit: parseLimit(values.get('limit') ?? `${DEFAULT_LIMIT}`),
    ...(door === undefined ? {} : { door }),
    ...(ip === undefined ? {} : { source: parseSource(ip) }),
    ...(user === undefined ? {} : { user }),
    ...(since === undefined ? {} : { since: parseMoment(since, 'since', now) }),
    ...(until === undefined ? {} : { until: parseMoment(until, 'until', now) }),
  };
}

function parseLimit(text: string): number {
  const limit = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0;
  if (limit > 0) return limit;
  throw new UsageError(`bad number '${text}' for --limit: give a whole number above 0`);
}

function renderPast(leases: readonly PastLease[], { style }: Pick<Output, 'style'>): string[] {
  const columns = [
    { title: 'OPENED' },
    { title: 'DOOR' },
    { title: 'ADDRESS' },
    { title: 'OPEN' },
    { title: 'USER' },
    { title: 'BY' },
    { title: 'LASTED', align: 'right' },
    { title: 'ENDED' },
  ] as const;
  const rows = leases.map(
    ({
      sinceWall,
      door,
      source,
      ports,
      holders,
      byOperator,
      orderedBy,
      closedBy,
      lasted,
      how,
      ...failures
    }) => [
      renderDateTime(sinceWall),
      door,
      source,
      ports === '' ? 'command' : ports,
      holderNames(holders),
      printable(orderedBy === undefined ? openedBy(byOperator, holders) : `operator ${orderedBy}`),
      renderLength(lasted),
      [
        closedBy === undefined ? ENDS[how] : `${ENDS[how]} ${printable(closedBy)}`,
        ...failureWords(failures),
      ].join('; '),
    ],
  );
  return renderTable(columns, rows, style);
}

function failureWords({
  startFailure,
  stopFailure,
}: Pick<PastLease, 'startFailure' | 'stopFailure'>): string[] {
  return [
    ...(startFailure === undefined ? [] : [`its start command ${printable(startFailure)}`]),
    ...(stopFailure === undefined ? [] : [`its stop command ${printable(stopFailure)}`]),
  ];
}

function openedBy(byOperator: PastLease['byOperator'], holders: PastLease['holders']): string {
  if (byOperator === true) return 'operator';
  return holders?.[0]?.kind ?? 'knock';
}

function pastJson({ id, door, source, ports, sinceWall, at, lasted, how, ...rest }: PastLease): Json {
  const { holders, isShared, byOperator, orderedBy, closedBy, startFailure, stopFailure } = rest;
  const by = openedBy(byOperator, holders);
  return {
    id,
    door,
    source,
    ports,
    by,
    ...(orderedBy === undefined ? {} : { orderedBy }),
    ...(holders === undefined ? {} : { user: holderNames(holders), holders }),
    ...(isShared === undefined ? {} : { isShared }),
    since: isoMoment(sinceWall),
    ended: isoMoment(at),
    lasted: inSeconds(lasted),
    how,
    ...(closedBy === undefined ? {} : { closedBy }),
    ...(startFailure === undefined ? {} : { startFailure }),
    ...(stopFailure === undefined ? {} : { stopFailure }),
  };
}
