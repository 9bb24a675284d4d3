import type { DaemonStatus } from '../../../core/control/daemon-status.ts';

/** What a proof may lead to if it is valid. */
const ACCEPTED: readonly string[] = ['opened', 'extended', 'ran', 'closed'];

type Counts = Readonly<Record<string, number>>;

/** Signed knocks, codes and packets of fwknop, where a door accepts them. */
export function proofRows({ signed, codes, spa }: DaemonStatus): [string, string][] {
  return [
    ...(signed === undefined ? [] : [packetRow('signed knocks', signed)]),
    ...(codes === undefined ? [] : [['codes', outcomeWords(codes)] as [string, string]]),
    ...(spa === undefined ? [] : [packetRow('SPA packets', spa)]),
  ];
}

/** `garbage`: noise, replays, and what exceeds a limit. */
function packetRow(
  title: string,
  {
    packets,
    outcomes,
    garbage,
  }: { packets: { readonly dropped: number }; outcomes: Counts; garbage: Counts },
): [string, string] {
  return [title, `${outcomeWords(outcomes)}, ${sumOf(garbage)} not examined, ${packets.dropped} dropped`];
}

function outcomeWords(outcomes: Counts): string {
  const all = sumOf(outcomes);
  const accepted = ACCEPTED.reduce((sum, name) => sum + (outcomes[name] ?? 0), 0);
  return `${accepted} accepted, ${all - accepted} refused`;
}

const sumOf = (counts: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);
