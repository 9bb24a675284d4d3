import type { KnockListener } from '../packets/knock-listener.ts';
import type { Reports } from '../reporting/reports.ts';
import { reportVerdict } from './report-verdict.ts';
import { SpreadDesk } from './spread-desk.ts';

/** Sequences whose knocks reach several hosts, from the packets of `watch`. */
export function openSpread(watch: KnockListener, reports: Reports): SpreadDesk {
  const desk = new SpreadDesk({
    key: watch.secret,
    guard: watch.guard,
    policy: () => watch.policy,
    takeArrived: () => watch.takeArrived(),
    onVerdict: (question, verdict) => reportVerdict(reports, question, verdict),
    warn: (text) => reports.report({ kind: 'warning', text }),
  });
  watch.useSpread(desk);
  return desk;
}
