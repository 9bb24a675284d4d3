import type { PacketFate } from '../../../app/rehearsal/packet-fate.ts';
import { type Outcome, renderOutcome } from '../../../app/rehearsal/rehearsal-sink.ts';
import { stamp } from '../../../app/rehearsal/replay.ts';
import type { TimelineEntry } from '../../../app/rehearsal/simulate.ts';
import { renderPortOpenings } from '../../../core/door/port-opening.ts';
import { printable } from '../../../core/event/printable.ts';
import type { Instant } from '../../../core/net/time.ts';
import type { Json, Output, Style } from '../../arguments/verb.ts';

const WORDS: Readonly<Record<PacketFate, string>> = {
  knock: '',
  repeat: 'the last right knock once more, which has no effect',
  retransmission: 'a retransmission, not a knock',
  'no-door': 'no door has this port',
  'not-taken': 'no door accepts such a packet there',
  tripwire: 'a decoy port, not a knock',
  suspicion: 'a second decoy port: the source is in penalty',
  'code-half': 'half of a code',
  code: 'a code',
};

/** Prints entries of a timeline as lines or as JSON values. */
export class TimelinePrinter {
  readonly #output: Output;
  /** Print dates instead of offsets. */
  readonly #dated: boolean;

  constructor(output: Output, dated: boolean) {
    this.#output = output;
    this.#dated = dated;
  }

  lines(entry: TimelineEntry): readonly string[] {
    switch (entry.kind) {
      case 'packet': {
        const { source, step, became } = entry;
        const words = WORDS[became] === '' ? '' : `: ${WORDS[became]}`;
        const text = `${source} knocks at ${step.protocol}/${step.port}${words}`;
        return [this.#at(entry.at, became === 'knock' ? text : this.#output.style('dim', text))];
      }
      case 'outcome':
        return [this.#at(entry.at, this.#paint(entry.outcome))];
      case 'verdict': {
        const { source, door, opened, why } = entry;
        const who = door === undefined ? source : `${source}: ${printable(door)}`;
        const end = opened ? this.#output.style('green', 'opened') : this.#output.style('red', 'not opened');
        return [`${who}: ${end}: ${printable(why)}`];
      }
      case 'end':
        return entry.openings === 0 && entry.knocks === 0 ? ['No packet was a knock.'] : [];
      default:
        throw new Error(`an entry without words: ${JSON.stringify(entry satisfies never)}`);
    }
  }

  value(entry: TimelineEntry): Json {
    switch (entry.kind) {
      case 'packet': {
        const { kind, source, step, became } = entry;
        return { kind, at: this.#time(entry.at), source, knock: `${step.protocol}/${step.port}`, became };
      }
      case 'outcome': {
        const { outcome } = entry;
        const at = this.#time(entry.at);
        if (outcome.kind === 'event') return { at, ...plain(outcome.event) };
        if (outcome.kind === 'would-run') return { at, ...outcome };
        return { at, ...outcome, ports: renderPortOpenings(outcome.ports) };
      }
      case 'verdict':
      case 'end':
        return { ...entry };
      default:
        throw new Error(`an entry without words: ${JSON.stringify(entry satisfies never)}`);
    }
  }

  #at(at: Instant, text: string): string {
    const time = this.#dated ? stamp(at) : `${(at / 1000).toFixed(3).padStart(9)} s`;
    return `${time}  ${text}`;
  }

  /** Milliseconds from the first knock, or a date. */
  #time(at: Instant): string | number {
    return this.#dated ? stamp(at) : at;
  }

  #paint(outcome: Outcome): string {
    const text = printable(renderOutcome(outcome));
    const style = styleOf(outcome);
    return style === undefined ? text : this.#output.style(style, text);
  }
}

function styleOf(outcome: Outcome): Style | undefined {
  if (outcome.kind === 'would-open' || outcome.kind === 'would-run') return 'green';
  if (outcome.kind === 'would-close') return 'cyan';
  const { kind } = outcome.event;
  return kind === 'failed' ||
    kind === 'expired' ||
    kind === 'withheld' ||
    kind === 'refused' ||
    kind === 'proof-refused'
    ? 'red'
    : undefined;
}

/** Converts an event to JSON. Events hold mostly strings and numbers. */
const plain = (event: object): { readonly [name: string]: Json } =>
  JSON.parse(JSON.stringify(event)) as { readonly [name: string]: Json };
