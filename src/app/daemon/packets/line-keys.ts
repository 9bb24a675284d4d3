import { STEP, type StepKind } from '../../../core/attempt/steps.ts';
import type { Door } from '../../../core/door/door.ts';

type StepEventKind = 'stage' | 'failed' | 'expired' | 'evicted' | 'completed' | 'withheld';

/** The log-limit keys of one door, made once: a flood must not create a string per packet. */
export type LineKeys = Readonly<Record<StepKind, { readonly kind: StepEventKind; readonly sort: string }>>;

export function stepLineKeys(doors: readonly (Door | undefined)[]): readonly LineKeys[] {
  return doors.map((door) => lineKeysOf(door?.name ?? ''));
}

function lineKeysOf(door: string): LineKeys {
  return {
    [STEP.advanced]: { kind: 'stage', sort: `${door}: Stage` },
    [STEP.failed]: { kind: 'failed', sort: `${door}: wrong knock` },
    [STEP.expired]: { kind: 'expired', sort: `${door}: sequence timeout` },
    [STEP.evicted]: { kind: 'evicted', sort: `${door}: made room for another attempt` },
    [STEP.withheld]: { kind: 'withheld', sort: `${door}: not opened after a port scan` },
    [STEP.completed]: { kind: 'completed', sort: `${door}: OPEN SESAME` },
  };
}
