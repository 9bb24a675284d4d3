import type { Slot } from './attempt-row.ts';
import type { AttemptTable } from './attempt-table.ts';
import type { StepKind, Steps } from './steps.ts';

/** Adds a step of the attempt in the row, at its present stage. */
export function pushStep(steps: Steps, kind: StepKind, table: AttemptTable, slot: Slot): void {
  steps.push(
    kind,
    table.door(slot),
    table.stage(slot),
    table.family(slot),
    table.sourceWord(slot, 0),
    table.sourceWord(slot, 1),
    table.sourceWord(slot, 2),
    table.sourceWord(slot, 3),
  );
}
