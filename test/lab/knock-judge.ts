import { randomBytes } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { parseAddress } from '../../src/core/net/address.ts';
import type { Port } from '../../src/core/net/port.ts';
import { instant, type Millis, millis, seconds } from '../../src/core/net/time.ts';
import { exportKey } from '../../src/core/signed/hpke.ts';
import { CLOCK_WINDOW_MS, judgeKnock, type KnockKey } from '../../src/core/signed/judge-knock.ts';
import type { KnockBody } from '../../src/core/signed/knock-body.ts';
import { REPLY_PURPOSE } from '../../src/core/signed/knock-layout.ts';
import { type ReplyStatus, sealReply } from '../../src/core/signed/knock-reply.ts';
import { noiseReason, openKnock, type ServerKey } from '../../src/core/signed/open-knock.ts';
import { keyIdOf } from '../../src/core/signed/seal-knock.ts';
import { renderCard } from '../../src/core/signed/server-card.ts';
import { serverMarks } from '../../src/core/signed/server-word.ts';
import { parseAuthorizedKey } from '../../src/core/ssh/authorized-key.ts';
import { nodeCiphers } from '../../src/host/crypto/node-ciphers.ts';

export type Judged = {
  readonly status: ReplyStatus | 'unknown key' | 'signature' | 'noise';
  readonly body?: KnockBody;
};

/** The daemon's judge of signed knocks behind an ordinary UDP socket: what it says of each packet, and the reply. */
export class KnockJudge implements AsyncDisposable {
  /** By how much its clock is ahead. */
  ahead: Millis = millis(0);
  /** Packets that it lets pass unheard before it takes one. */
  deaf = 0;
  /** Refuses what is not bound to its source. */
  requiresSource = false;
  /** What the door says of a knock that is good. */
  verdict: 'open' | 'refused' | 'busy' = 'open';
  readonly judged: Judged[] = [];
  readonly packets = new Set<string>();
  readonly card: string;
  onOpen: () => void = () => undefined;
  readonly #socket: Socket;
  readonly #key: ServerKey;
  readonly #keys: readonly KnockKey[];
  readonly #challenge = randomBytes(16);

  private constructor(socket: Socket, lines: readonly string[]) {
    const secret = randomBytes(32);
    const point = nodeCiphers.x25519Public(secret);
    this.#socket = socket;
    this.#key = { secret, point, marks: serverMarks(nodeCiphers, point) };
    this.card = renderCard(nodeCiphers, { port: socket.address().port as Port, key: point });
    this.#keys = lines.map((line) => {
      const reading = parseAuthorizedKey(line.trim());
      if (reading.kind === 'bad') throw new Error(reading.reason);
      return reading.key;
    });
    socket.on('message', (payload, from) => this.#take(payload, from));
  }

  /** `lines`: as in authorized_keys. */
  static async open(...lines: readonly string[]): Promise<KnockJudge> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new KnockJudge(socket, lines);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }

  #take(payload: Uint8Array, from: RemoteInfo): void {
    const packet = Buffer.from(payload).toString('hex');
    if (this.packets.has(packet)) throw new Error('the same packet has come twice');
    this.packets.add(packet);
    if (this.packets.size <= this.deaf) return;
    if (noiseReason(this.#key, payload) !== undefined) {
      this.judged.push({ status: 'noise' });
      return;
    }
    const opened = openKnock(nodeCiphers, this.#key, payload);
    if (opened.kind === 'refused') throw new Error(opened.reason);
    const { body, point, context } = opened;
    const status = this.#judge(body, point, from);
    this.judged.push({ status, body });
    if (status === 'unknown key' || status === 'signature' || status === 'noise') return;
    if (status === 'open') this.onOpen();
    const reply = {
      ...{ status, left: seconds(60), time: instant(Date.now() + this.ahead) },
      ...{ seen: parseAddress(from.address) ?? '', challenge: this.#challenge },
    };
    const key = exportKey(nodeCiphers, context, REPLY_PURPOSE);
    const sealed = sealReply(nodeCiphers, key, randomBytes(12), reply as never);
    // Noise from the same port, and then the reply twice: neither confuses anybody.
    this.#socket.send(randomBytes(108), from.port, from.address);
    this.#socket.send(sealed, from.port, from.address);
    this.#socket.send(sealed, from.port, from.address);
  }

  #judge(body: KnockBody, point: Uint8Array, from: RemoteInfo): Judged['status'] {
    const judgement = judgeKnock(nodeCiphers, body, point, {
      serverPublic: this.#key.point,
      from: parseAddress(from.address) as never,
      now: instant(Date.now() + this.ahead),
      window: CLOCK_WINDOW_MS,
      keyOf: (id) => this.#keys.find(({ key }) => nodeCiphers.isSame(keyIdOf(nodeCiphers, key.blob), id)),
      isChallenge: (challenge) => nodeCiphers.isSame(challenge, this.#challenge),
    });
    if (judgement.kind === 'good') {
      return this.requiresSource && body.source === undefined ? 'source' : this.verdict;
    }
    switch (judgement.reason) {
      case 'clock':
      case 'challenge':
        return 'clock';
      case 'source':
        return 'source';
      case 'unknown key':
      case 'signature':
        return judgement.reason;
      default:
        return 'refused';
    }
  }
}
