import type { Instant } from '../../../core/net/time.ts';
import { type Packet, packetSource } from '../../../core/packet/packet.ts';
import type { SourceTraces } from '../../../core/trace/source-traces.ts';
import type { SplitSequences } from '../../../core/trace/split-sequences.ts';

type Parts = { readonly splits: SplitSequences; readonly traces: SourceTraces };

/**
 * Notices whether a last knock came without the others. The traces of its source are read in the next turn of the event
 * loop, because the door that the packet opens comes first. `now`: a clock that only grows; `at`: the packet's time.
 */
export function noteSplit({ splits, traces }: Parts, packet: Packet, now: number, at: Instant): void {
  const { protocol, destinationPort } = packet;
  if (!splits.watches(protocol, destinationPort, now)) return;
  const source = packetSource(packet);
  setImmediate(() => splits.add(protocol, destinationPort, traces.read(source, at), at));
}
