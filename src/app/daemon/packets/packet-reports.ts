import type { AttemptEngine } from '../../../core/attempt/attempt-engine.ts';
import { STEP, type StepKind, type Steps } from '../../../core/attempt/steps.ts';
import type { LogEvent } from '../../../core/event/event.ts';
import { PROTOCOL_NUMBER } from '../../../core/net/protocol.ts';
import { type Packet, packetDestination, packetSource } from '../../../core/packet/packet.ts';
import type { Reports } from '../reporting/reports.ts';
import { type LineKeys, stepLineKeys } from './line-keys.ts';
import type { ScanWatch } from './scan-watch.ts';

export type PacketReportsParts = {
  readonly engine: AttemptEngine;
  readonly reports: Reports;
  readonly scans: ScanWatch;
};

/** Passes what packets cause to the log, the counters and the event stream. A flood creates no string per packet. */
export class PacketReports {
  readonly #parts: PacketReportsParts;
  #sorts: readonly LineKeys[];

  constructor(parts: PacketReportsParts) {
    this.#parts = parts;
    this.#sorts = stepLineKeys(parts.engine.doors);
  }

  doorsReplaced(): void {
    this.#sorts = stepLineKeys(this.#parts.engine.doors);
  }

  step(steps: Steps, index: number, now: number): void {
    const { reports, engine } = this.#parts;
    const number = steps.door(index);
    const kind = steps.kind(index);
    reports.step(kind);
    this.#countFailure(kind, now);
    const sorts = this.#sorts[number];
    const door = engine.doors[number];
    if (sorts === undefined || door === undefined) return;
    const sort = sorts[kind];
    const stage = steps.stage(index);
    const isWritten = reports.admits(sort.kind, sort.sort, now);
    const isFed = kind === STEP.completed || reports.feed.admits(stage, now);
    if (!isWritten && !isFed) return;
    const place = { source: steps.source(index), door: door.name };
    const event = (
      kind === STEP.completed ? { kind: 'completed', ...place } : { kind: sort.kind, ...place, stage }
    ) as LogEvent;
    const { feed } = reports;
    const note = (): void => {
      if (kind === STEP.completed) feed.add(event);
      else feed.addStep(event, door.sequence.length);
    };
    reports.hold({ event, isWritten, feed: isFed ? note : undefined });
  }

  scan(packet: Packet, now: number): void {
    const { reports, scans } = this.#parts;
    reports.count('scans');
    reports.feed.failures.add(0, 1, now);
    const isWritten = reports.admits('scan', 'port scan', now);
    const isFed = reports.feed.admits(0, now);
    if (!isWritten && !isFed) return;
    const protocol = packet.protocol === PROTOCOL_NUMBER.tcp ? 'tcp' : 'udp';
    const source = packetSource(packet);
    const port = packet.destinationPort;
    const scan = { kind: 'scan', source, protocol, port, seconds: scans.penalty / 1000 } as const;
    if (isWritten) reports.write(scan);
    if (isFed) reports.feed.addStep(scan);
  }

  #countFailure(kind: StepKind, now: number): void {
    const { failures } = this.#parts.reports.feed;
    if (kind === STEP.failed || kind === STEP.expired) failures.add(1, 0, now);
    else if (kind === STEP.withheld) failures.add(0, 1, now);
  }

  debug(packet: Packet, bytes: number): void {
    const protocol = packet.protocol === PROTOCOL_NUMBER.tcp ? 'tcp' : 'udp';
    const from = `${packetSource(packet)}:${packet.sourcePort}`;
    const to = `${packetDestination(packet)}:${packet.destinationPort}`;
    this.#parts.reports.write({ kind: 'debug', text: `${protocol}: ${from} -> ${to} ${bytes} bytes` });
  }
}
