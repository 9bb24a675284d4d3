/**
 * Of sequences whose knocks land on several hosts, since the start. `asked`: questions to the other members · `joined`:
 * doors opened by their answers · `unasked`: last knocks beyond the budgets · `late`: members that did not answer in time ·
 * `told`: answers of this host that told of knocks · `forged`: messages with a wrong signature.
 */
export const SPREAD_COUNTED = ['asked', 'joined', 'unasked', 'late', 'told', 'forged'] as const;

export type SpreadCounts = Record<(typeof SPREAD_COUNTED)[number], number>;

export const noCounts = (): SpreadCounts => ({
  asked: 0,
  joined: 0,
  unasked: 0,
  late: 0,
  told: 0,
  forged: 0,
});
