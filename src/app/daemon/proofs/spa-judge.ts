import { HTTP_PORT } from '../../../core/filter/spa-filter.ts';
import { PROTOCOL_NUMBER } from '../../../core/net/protocol.ts';
import type { Packet } from '../../../core/packet/packet.ts';
import { isSpaText, MAX_SPA_CHARS, SpaLengths } from '../../../core/spa/spa-form.ts';
import type { SpaTransport } from '../../../core/spa/spa-transport.ts';
import type { SpaCounters } from '../reporting/spa-counters.ts';
import type { PayloadJudge, SkipReason } from './payload-judge.ts';
import type { PayloadPacket } from './payload-packet.ts';
import type { SpaPackets } from './spa-packets.ts';

/** IANA "Assigned Internet Protocol Numbers". */
const ICMP = 1;
const ICMP_HEADER = 8;

/** "GET /" */
const GET = [0x47, 0x45, 0x54, 0x20, 0x2f] as const;
const BLANK = 0x20;

export type SpaListening = {
  readonly port: number;
  readonly transports: readonly SpaTransport[];
  readonly hmacChars: readonly number[];
};

export type SpaJudgeParts = { readonly counters: SpaCounters; readonly packets: SpaPackets };

/** Tells fwknop packets from noise by their transport, length and characters. */
export class SpaJudge implements PayloadJudge {
  readonly #parts: SpaJudgeParts;
  #port = 0;
  #lengths = new SpaLengths([]);
  #has: Readonly<Record<SpaTransport, boolean>> = { udp: false, icmp: false, tcp: false, http: false };

  constructor(parts: SpaJudgeParts) {
    this.#parts = parts;
  }

  follow({ port, transports, hmacChars }: SpaListening): void {
    const has = (one: SpaTransport): boolean => transports.includes(one);
    this.#port = port;
    this.#lengths = new SpaLengths(hmacChars);
    this.#has = { udp: has('udp'), icmp: has('icmp'), tcp: has('tcp'), http: has('http') };
  }

  /** Afterwards the payload is the packet's text; for HTTP with its own two characters. */
  recognizes(bytes: Uint8Array, packet: Packet): boolean {
    if (packet.payloadEnd === 0 || !this.#findText(bytes, packet)) return false;
    const { payloadStart, payloadEnd } = packet;
    const isUrl = bytes[payloadStart - 1] === GET[4] && packet.protocol === PROTOCOL_NUMBER.tcp;
    if (
      this.#lengths.has(payloadEnd - payloadStart) &&
      isSpaText(bytes, payloadStart, payloadEnd, isUrl && isGet(bytes, payloadStart - GET.length))
    )
      return true;
    this.#parts.counters.garbage('form');
    return false;
  }

  isUsed(): boolean {
    return false;
  }

  turnAway(why: SkipReason | 'used'): void {
    this.#parts.counters.garbage(why);
  }

  /** Telling whether a packet was used before needs its hash. */
  judgeUsed(): void {}

  judge(packet: PayloadPacket): boolean {
    return this.#parts.packets.judge(packet);
  }

  #findText(bytes: Uint8Array, packet: Packet): boolean {
    const { protocol, destinationPort } = packet;
    const isPort = destinationPort === this.#port;
    if (protocol === PROTOCOL_NUMBER.udp) return isPort && this.#has.udp;
    if (protocol === ICMP && packet.family === 4) {
      packet.payloadStart += ICMP_HEADER;
      return this.#has.icmp;
    }
    if (protocol !== PROTOCOL_NUMBER.tcp) return false;
    if (!isGet(bytes, packet.payloadStart)) return isPort && this.#has.tcp;
    if (!this.#has.http || (!isPort && destinationPort !== HTTP_PORT)) return false;
    packet.payloadStart += GET.length;
    const last = Math.min(packet.payloadEnd, packet.payloadStart + MAX_SPA_CHARS + 1);
    let end = packet.payloadStart;
    while (end < last && bytes[end] !== BLANK) end++;
    packet.payloadEnd = end;
    return true;
  }
}

function isGet(bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < GET.length; i++) if (bytes[start + i] !== GET[i]) return false;
  return true;
}
