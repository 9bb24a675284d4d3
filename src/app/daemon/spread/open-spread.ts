import type { KnockListener } from '../packets/knock-listener.ts';
import type { Reports } from '../reporting/reports.ts';
import { reportVerdict } from './report-verdict.ts';
import { SpreadCoordinator } from './spread-coordinator.ts';

/** Sequences whose knocks reach several hosts, from the packets of `watch`. */
export function openSpread(watch: KnockListener, reports: Reports): SpreadCoordinator {
  const coordinator = new SpreadCoordinator({
    key: watch.secret,
    guard: watch.guard,
    policy: () => watch.policy,
    drainArrived: () => watch.drainArrived(),
    onVerdict: (question, verdict) => reportVerdict(reports, question, verdict),
    warn: (text) => reports.report({ kind: 'warning', text }),
  });
  watch.useSpread(coordinator);
  return coordinator;
}
