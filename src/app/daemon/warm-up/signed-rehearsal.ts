import { KnownSources } from '../../../core/budget/known-sources.ts';
import { renderBase64 } from '../../../core/bytes/base64.ts';
import type { VerifyKey } from '../../../core/cipher/ciphers.ts';
import type { Port } from '../../../core/net/port.ts';
import { instant, millis } from '../../../core/net/time.ts';
import { renderHead } from '../../../core/signed/knock-body.ts';
import { NONCE_BYTES } from '../../../core/signed/knock-layout.ts';
import type { ServerKey } from '../../../core/signed/open-knock.ts';
import { ephemeralOf, keyIdOf, sealKnock, signedText } from '../../../core/signed/seal-knock.ts';
import type { ServerKey as NamedServerKey } from '../../../core/signed/server-keys.ts';
import { serverMarks } from '../../../core/signed/server-word.ts';
import { parseAuthorizedKey } from '../../../core/ssh/authorized-key.ts';
import { fingerprintOf } from '../../../core/ssh/fingerprint.ts';
import { sshString } from '../../../core/ssh/ssh-writer.ts';
import { UserDirectory } from '../../../core/users/user-directory.ts';
import { nodeCiphers as ciphers } from '../../../host/crypto/node-ciphers.ts';
import { makeThrowawayKey } from '../../../host/crypto/throwaway-key.ts';
import { randomBytes } from '../../../host/self/random-bytes.ts';
import type { Authority } from '../../config/authority.ts';
import { ConfigInForce } from '../../config/config-in-force.ts';
import { PayloadLoop } from '../proofs/payload-loop.ts';
import { ReplySender } from '../proofs/reply-sender.ts';
import { SignedJudge } from '../proofs/signed-judge.ts';
import { SignedKnocks } from '../proofs/signed-knocks.ts';
import { UseRecord } from '../proofs/use-record.ts';
import { ProofCounters } from '../reporting/proof-counters.ts';
import { MemoryCapture } from './memory-capture.ts';
import { type Admit, DOOR, HOST, type RehearsalDaemon, sourceOf } from './rehearsal-daemon.ts';
import { renderDatagram } from './rehearsed-datagram.ts';

const PORT = 1 as Port;
const KNOWN_PLACES = 64;
const ALGORITHM = 'ssh-ed25519';
/** The memory of used knocks starts now. An older knock would be refused. */
const BEFORE_MS = 1000;

/** A signed knock from its packet to its door, by a user and a key made for this purpose. */
export class SignedRehearsal implements Disposable {
  readonly #capture = new MemoryCapture();
  readonly #signer = makeThrowawayKey();
  readonly #blob = Buffer.concat([sshString(ALGORITHM), sshString(this.#signer.point)]);
  readonly #key: ServerKey;
  readonly #loop: PayloadLoop;
  readonly #record: UseRecord;
  #opened: Promise<unknown> = Promise.resolve();

  /** `key`, `authority`: the real ones, because their algorithms are to be loaded. */
  constructor(
    daemon: RehearsalDaemon,
    admit: Admit,
    key: NamedServerKey,
    authority: Authority,
    drainOthers: () => void,
  ) {
    const { clock, keeper, secret, bans, interfaces, store, reports } = daemon;
    const { report } = reports;
    this.#key = { secret: key.secret, point: key.public, marks: serverMarks(ciphers, key.public) };
    touchAlgorithms(authority.users);
    const counters = new ProofCounters();
    const alongside = (write: () => void): Promise<void> => keeper.records.alongside(write);
    const start = instant(clock.wall() - BEFORE_MS);
    this.#record = new UseRecord({ store, clock, report, alongside }, start);
    const users = new UserDirectory([this.#user()]);
    const config = { settings: { useSyslog: false }, doors: [DOOR] };
    const knocks = new SignedKnocks({
      ...{ ciphers, clock, record: this.#record, keeper, counters, report },
      inForce: new ConfigInForce(config, { ...authority, users }),
      replies: new ReplySender({ ciphers, clock, counters, report, send: () => undefined }),
      admit: (completion, whyNot) => {
        const opened = admit(completion, whyNot);
        this.#opened = opened;
        return opened;
      },
      onOpened: () => undefined,
    });
    const judge = new SignedJudge({ counters, record: this.#record, knocks });
    judge.follow([this.#key]);
    this.#loop = new PayloadLoop({
      ...{ capture: this.#capture, interfaces, bans, secret, judge, drainOthers },
      known: new KnownSources(KNOWN_PLACES, secret),
      isTarget: () => false,
      backlogLimit: 1,
    });
    this.#loop.start();
  }

  /** Resolves when the door is reported as open. */
  async run(round: number): Promise<void> {
    this.#capture.deliver(renderDatagram(sourceOf(round), HOST, PORT, this.#knock()));
    await this.#opened;
  }

  [Symbol.dispose](): void {
    this.#loop.stop();
    this.#record.end();
  }

  #user(): UserDirectory['users'][number] {
    const reading = parseAuthorizedKey(`${ALGORITHM} ${renderBase64(this.#blob)}`);
    if (reading.kind === 'bad') throw new Error(reading.reason);
    const fingerprint = fingerprintOf(ciphers, this.#blob);
    const id = keyIdOf(ciphers, this.#blob);
    return { name: 'nobody', keys: [{ knockKey: reading.key, fingerprint, id }], spa: [] };
  }

  #knock(): Uint8Array {
    const head = renderHead({
      ...{ kind: 'open', wantsReply: true, length: millis(0), door: '' },
      time: instant(Date.now()),
      nonce: randomBytes(NONCE_BYTES),
      keyId: keyIdOf(ciphers, this.#blob),
    });
    const ephemeral = ephemeralOf(ciphers, randomBytes(32), false);
    const text = signedText(ciphers, this.#key.point, ephemeral.point, head);
    const signature = Buffer.concat([sshString(ALGORITHM), sshString(this.#signer.sign(text))]);
    const sealed = sealKnock(ciphers, this.#key.point, ephemeral, head, signature);
    if (sealed === undefined) throw new Error('a signature of Ed25519 fits into every signed knock');
    return sealed.packet;
  }
}

/** OpenSSL looks up an algorithm at its first use, which takes milliseconds: one key of each type that users have. */
function touchAlgorithms({ users }: UserDirectory): void {
  const keys = users.flatMap((user) => user.keys.map(({ knockKey }) => knockKey.key));
  const text = new Uint8Array(32);
  for (const { key } of new Map(keys.map((one) => [one.type, one])).values())
    ciphers.verify(key, text, new Uint8Array(signatureBytes(key)).fill(1));
}

function signatureBytes(key: VerifyKey): number {
  switch (key.kind) {
    case 'ed25519':
      return 64;
    case 'rsa':
      return key.modulus.length;
    case 'ecdsa':
      // An uncompressed point is one byte longer than its two coordinates, which are as long as r and s.
      return key.point.length - 1;
    default:
      return key satisfies never;
  }
}
