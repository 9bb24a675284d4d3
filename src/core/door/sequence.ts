import type { Port } from '../net/port.ts';
import type { Protocol } from '../net/protocol.ts';

export type SequenceStep = { readonly protocol: Protocol; readonly port: Port };

/** The knocks that open a door, in order; never empty. */
export type Sequence = readonly [SequenceStep, ...SequenceStep[]];

/** Stages have 15 bits in an attempt's row. */
export const MAX_SEQUENCE_LENGTH = 32_767;

/** The sequence as knockd writes it: `7000:tcp,8000:udp`. */
export function renderSequence(sequence: Sequence): string {
  return sequence.map((step) => `${step.port}:${step.protocol}`).join(',');
}

export function sameSequence(a: Sequence, b: Sequence): boolean {
  return renderSequence(a) === renderSequence(b);
}
