// Signed knocks while the server's clock jumps and the daemon restarts: recorded ones open nothing, and delay no honest one.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { ConfigInForce } from '../../src/app/config/config-in-force.ts';
import { loadConfig } from '../../src/app/config/load-config.ts';
import type { LeaseKeeper } from '../../src/app/daemon/leases/lease-keeper.ts';
import { ReplySender } from '../../src/app/daemon/proofs/reply-sender.ts';
import { SignedKnocks } from '../../src/app/daemon/proofs/signed-knocks.ts';
import { UseRecord } from '../../src/app/daemon/proofs/use-record.ts';
import { ProofCounters } from '../../src/app/daemon/reporting/proof-counters.ts';
import type { Address } from '../../src/core/net/address.ts';
import { instant, seconds } from '../../src/core/net/time.ts';
import { renderHead } from '../../src/core/signed/knock-body.ts';
import { KNOCK } from '../../src/core/signed/knock-layout.ts';
import type { KnockReply } from '../../src/core/signed/knock-reply.ts';
import { ephemeralOf, keyIdOf, sealKnock } from '../../src/core/signed/seal-knock.ts';
import { serverMarks } from '../../src/core/signed/server-word.ts';
import { nodeCiphers as ciphers } from '../../src/host/crypto/node-ciphers.ts';
import { openSqliteLeaseStore } from '../../src/host/store/sqlite-lease-store.ts';
import { type Asked, KnockSigner, readReply, SIGNED_PORT } from '../lab/knock-signer.ts';
import { draw, seededRandom } from '../lab/seeded-random.ts';
import { KeeperFixture, SOURCE } from './keeper-fixture.ts';

const STRANGER = '198.51.100.9' as Address;
const HOST = '203.0.113.1' as Address;
const YEAR = 365 * 86_400_000;
const DAY = 86_400_000;

let signer: KnockSigner;
before(async () => {
  signer = await KnockSigner.create();
});
after(() => signer[Symbol.asyncDispose]());

/** The daemon's parts for signed knocks, which end and begin again; its clocks are set by hand, and the client's is right. */
class SignedFixture implements Disposable {
  readonly #fixture = new KeeperFixture();
  readonly clock = this.#fixture.clock;
  /** What somebody on the path has recorded, in its order. */
  readonly recorded: Uint8Array[] = [];
  clientTime = this.clock.day;
  #replies: Uint8Array[] = [];
  #keeper!: LeaseKeeper;
  #record!: UseRecord;
  #knocks!: SignedKnocks;

  constructor() {
    this.#start();
  }

  /** How many knocks have been taken as proofs. */
  get completed(): number {
    return this.#fixture.events.filter(({ kind }) => kind === 'completed').length;
  }

  /** As a packet that has passed the cheap checks. Returns the replies to it. */
  async deliver(payload: Uint8Array, source: Address = SOURCE): Promise<readonly Uint8Array[]> {
    this.#replies = [];
    const packet = {
      ...{ payload, source, sourcePort: 40_000, destination: HOST, port: SIGNED_PORT, interfaceIndex: 1 },
      ...{ isLocal: true, at: this.clock.wall(), isDroppedByKernel: () => false },
    };
    if (this.#record.has(payload, KNOCK.ephemeral)) this.#knocks.judgeUsed(packet);
    else {
      const before = this.completed;
      const point = signer.serverPublic;
      this.#knocks.judge(packet, { secret: signer.serverSecret, point, marks: serverMarks(ciphers, point) });
      if (this.completed > before) await this.#fixture.until(() => this.#replies.length > 0, 'reply');
    }
    return this.#replies;
  }

  async knock(asked: Asked = {}): Promise<KnockReply | undefined> {
    this.clientTime += 1000;
    const signed = await signer.sign({ ...asked, aheadMs: this.clientTime - Date.now() });
    this.recorded.push(signed.packet);
    const [reply] = await this.deliver(signed.packet);
    return reply === undefined ? undefined : readReply(signed, reply);
  }

  /** As the client does: where the server says that the clock is wrong, once more with its challenge. */
  async honest(): Promise<string | undefined> {
    const first = await this.knock();
    if (first?.status !== 'clock') return first?.status;
    return (await this.knock({ challenge: first.challenge }))?.status;
  }

  /** Everything that was recorded, from the client's own address and from another. */
  async replay(order: readonly Uint8Array[] = this.recorded): Promise<void> {
    const before = this.completed;
    for (const packet of [...order]) {
      await this.deliver(packet, SOURCE);
      await this.deliver(packet, STRANGER);
    }
    assert.equal(this.completed, before, 'a recorded knock has opened a door');
  }

  /** `kill -9` leaves no time to end in order. */
  restart(isKilled = false): void {
    this.#keeper.leave();
    if (!isKilled) this.#record.end();
    this.#fixture.store.close();
    this.#fixture.store = openSqliteLeaseStore(this.#fixture.scratch.file('leases.db'));
    this.#start();
  }

  [Symbol.dispose](): void {
    this.#record.end();
    this.#fixture[Symbol.dispose]();
  }

  #start(): void {
    const { clock, report, store, scratch } = this.#fixture;
    const file = scratch.file('knockd.conf');
    writeFileSync(file, `${signer.options}[ssh]\n  accept = key\n  start_command = true\n`, { mode: 0o600 });
    const loaded = loadConfig(file);
    if (loaded.kind !== 'ok') throw new Error(JSON.stringify(loaded.diagnostics));
    const keeper = this.#fixture.keeper();
    const counters = new ProofCounters();
    const alongside = async (write: () => void): Promise<void> => write();
    this.#keeper = keeper;
    this.#record = new UseRecord({ store, clock, report, alongside }, clock.wall());
    this.#knocks = new SignedKnocks({
      ...{ ciphers, clock, keeper, counters, report, record: this.#record },
      inForce: new ConfigInForce(loaded.config, loaded.authority),
      replies: new ReplySender({
        ...{ ciphers, clock, counters, report },
        send: ({ payload }) => {
          this.#replies.push(payload);
          return undefined;
        },
      }),
      admit: (completion) => keeper.requestOpen(completion),
      onOpened: () => undefined,
    });
  }
}

describe('signed knocks, while the clock jumps', () => {
  for (const [what, jump] of [
    ['half a day', DAY / 2],
    ['ten years', 10 * YEAR],
  ] as const) {
    test(`${what} ahead before a restart: recorded ones, sent again with the owner's address, do not delay him`, async () => {
      using stage = new SignedFixture();
      for (let i = 0; i < 8; i++) assert.equal(await stage.honest(), 'open');
      stage.clock.day += jump;
      stage.restart();
      await stage.replay();
      assert.equal(await stage.honest(), 'open');
      stage.clock.advance(300_000);
      await stage.replay();
      await stage.replay(stage.recorded.toReversed());
      assert.equal(await stage.honest(), 'open');
      stage.clock.day = stage.clientTime;
      await stage.replay();
      assert.equal(await stage.honest(), 'open');
    });
  }

  test('a clock that is years behind and is then set right gives no life to what was refused until then', async () => {
    using stage = new SignedFixture();
    stage.clock.day = 1000;
    assert.equal(await stage.honest(), 'open', 'the second round opens');
    stage.clock.day = stage.clientTime;
    await stage.replay();
    assert.equal(await stage.honest(), 'open');
  });

  test('whatever the clocks and the daemon do, and in whatever order recorded ones come', async (t) => {
    const random = seededRandom(t);
    using stage = new SignedFixture();
    for (let round = 0; round < 15; round++) {
      const jump = draw(random, [0, 30_000, 90_000, DAY / 2, 2 * DAY, 10 * YEAR]) * draw(random, [1, -1]);
      stage.clock.day = random() < 0.3 ? stage.clientTime : Math.max(1000, stage.clock.day + jump);
      stage.clock.boot += draw(random, [1000, 20_000, 200_000]);
      if (random() < 0.4) stage.restart(random() < 0.5);
      await stage.replay(draw(random, [stage.recorded, stage.recorded.toReversed()]));
      assert.equal(await stage.honest(), 'open', `round ${round} after a jump of ${jump} ms`);
    }
  });
});

describe('the answers to refused knocks', () => {
  test('cannot be used up by packets that the key has not signed', async () => {
    using stage = new SignedFixture();
    stage.clock.day += YEAR;
    for (let i = 0; i < 50; i++) await stage.deliver(forged(stage.clientTime + i));
    assert.equal(await stage.honest(), 'open');
  });

  test('a copy from another address that comes first does not shut out a knock that names its source', async () => {
    using stage = new SignedFixture();
    stage.clientTime += 1000;
    const signed = await signer.sign({ source: SOURCE, aheadMs: stage.clientTime - Date.now() });
    const [told] = await stage.deliver(signed.packet, STRANGER);
    assert.equal(told && readReply(signed, told)?.status, 'source');
    const [opened] = await stage.deliver(signed.packet);
    assert.equal(opened && readReply(signed, opened)?.status, 'open');
  });
});

/** Names the key, as anybody can who has its public half and the server's card. */
function forged(time: number): Uint8Array {
  const [, base64 = ''] = signer.keyLine('alice').split(' ');
  const head = renderHead({
    ...{ kind: 'open', wantsReply: true, door: '', length: seconds(0) },
    ...{
      time: instant(time),
      nonce: randomBytes(16),
      keyId: keyIdOf(ciphers, Buffer.from(base64, 'base64')),
    },
  });
  const signature = Buffer.concat([
    Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x40', 'latin1'),
    randomBytes(64),
  ]);
  const ephemeral = ephemeralOf(ciphers, randomBytes(32), false);
  const sealed = sealKnock(ciphers, signer.serverPublic, ephemeral, head, signature);
  if (sealed === undefined) throw new Error('the signature does not fit');
  return sealed.packet;
}
