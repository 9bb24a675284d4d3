/**
 * Gateways that ask each other about knocks, over a carrier that delivers, withholds, alters and forges: with real keys,
 * engines and guards, without packets of the kernel.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { SpreadCoordinator } from '../../src/app/daemon/spread/spread-coordinator.ts';
import type { SpreadFleet, SpreadPart } from '../../src/app/daemon/spread/spread-fleet.ts';
import { AttemptEngine } from '../../src/core/attempt/attempt-engine.ts';
import { WATCHED } from '../../src/core/attempt/offer.ts';
import { ScanGuard, type ScanPolicy } from '../../src/core/attempt/scan-guard.ts';
import { Steps } from '../../src/core/attempt/steps.ts';
import { DecoyPorts } from '../../src/core/decoy/decoy-ports.ts';
import { EXAMPLE_SHARE } from '../../src/core/decoy/port-share.ts';
import type { Door } from '../../src/core/door/door.ts';
import type { Member } from '../../src/core/fleet/member.ts';
import { Packet } from '../../src/core/packet/packet.ts';
import { exactWallMs } from '../../src/host/clock/wall-clock.ts';
import { memberKeyOf } from '../../src/host/crypto/member-key.ts';
import { nodeCiphers } from '../../src/host/crypto/node-ciphers.ts';
import { door, readKnock } from '../unit/attempt/knocks.ts';

const DOOR: Door = { ...door('ssh', '7000,8000,9000,7500'), fleet: ['spread'] };
const PORTS = [7000, 8000, 9000, 7500];
/** A loaded machine answers late; what the patience does is looked at where answers are withheld. */
const LONG_MS = 60_000;
const SHORT_MS = 1000;
const KEY = [7, 8] as const;
const LIMITS = { attempts: 1000, recentPackets: 4096 };
const POLICY: ScanPolicy = {
  decoys: new DecoyPorts([DOOR], { served: [], ephemeral: { first: 0, last: 0 } }, EXAMPLE_SHARE, []),
  penalty: 60_000,
};

type Carrier = (from: string, part: SpreadPart) => void;

/** One gateway, and what has become of its questions: `joined 192.0.2.1 gw2,gw3`. */
class Gateway {
  readonly desk: SpreadCoordinator;
  readonly said: string[] = [];
  readonly warnings: string[] = [];
  readonly #guard = new ScanGuard(4096, KEY);
  readonly #engine: AttemptEngine;
  readonly #steps = new Steps();
  readonly #packet = new Packet();
  #serial = 0;
  #told: () => void = () => undefined;

  constructor(fleet: SpreadFleet, the: Door = DOOR, patience = LONG_MS) {
    this.#guard.follow(POLICY);
    this.#engine = new AttemptEngine([the], KEY, LIMITS, this.#guard);
    this.desk = new SpreadCoordinator({
      key: KEY,
      guard: this.#guard,
      policy: () => POLICY,
      drainArrived: () => undefined,
      answerTimeout: patience,
      lateAnswerTimeout: patience,
      warn: (text) => this.warnings.push(text),
      onVerdict: ({ source, witnesses, silent }, { kind }) => {
        const tell = witnesses.filter(({ observed }) => observed.hits.length > 0).map(({ member }) => member);
        this.said.push([kind, source, tell.sort().join(), silent.join()].join(' ').trim());
        this.#told();
      },
    });
    this.desk.follow([the]);
    this.desk.join(fleet);
  }

  /** A packet that came `ago` ms before now. */
  knock(from: string, port: number, ago: number): boolean {
    const now = exactWallMs() - ago;
    this.#serial += 1;
    const packet = readKnock({ port, at: now, from }, this.#packet, this.#serial);
    this.desk.beforePackets();
    const isKnockPort = this.#engine.watches(packet) === WATCHED.knockPort;
    this.#engine.offer(packet, true, now, this.#steps);
    const opens = this.#steps.completions.length > 0;
    if (isKnockPort && this.desk.remember(packet, true, now)) this.desk.lastKnock(packet, now, this.#steps);
    return opens;
  }

  /** Until so many questions have been judged. */
  async judged(count: number): Promise<readonly string[]> {
    while (this.said.length < count) {
      await new Promise<void>((resolve) => {
        this.#told = resolve;
      });
    }
    return this.said;
  }
}

type Fixture = { readonly gateways: Gateway[]; readonly carrier: { deliver: Carrier } } & AsyncDisposable;

type StageOptions = {
  /** What the host of that name lets the others open. */
  readonly rights?: (host: string) => Member['doors'];
  /** Of each gateway. */
  readonly doors?: readonly Door[];
  readonly patience?: number;
};

/** Three gateways. Whatever one sends goes by `carrier.deliver`. */
function stage({ rights = () => 'all', doors = [DOOR, DOOR, DOOR], patience }: StageOptions = {}): Fixture {
  const secret = randomBytes(32);
  const names = ['gw1', 'gw2', 'gw3'];
  const keys = names.map(() => memberKeyOf(randomBytes(32)));
  const membersOf = (host: string): readonly Member[] =>
    names.map((name, line) => {
      const point = keys[line]?.point ?? new Uint8Array();
      return { name, key: { kind: 'ed25519', point }, doors: rights(host), bans: false, line };
    });
  const gateways: Gateway[] = [];
  const carrier = {
    deliver: (from: string, part: SpreadPart): void => deliver(gateways, names, from, part),
  };
  for (const [index, name] of names.entries()) {
    const fleet: SpreadFleet = {
      fleet: 'edge',
      name,
      secret,
      members: new Map(
        membersOf(name)
          .filter((one) => one.name !== name)
          .map((one) => [one.name, one]),
      ),
      sign: (message) => keys[index]?.sign(message) ?? new Uint8Array(),
      verify: (key, message, signature) => nodeCiphers.verify(key, message, signature),
      send: (part) => {
        setImmediate(() => carrier.deliver(name, part));
        return true;
      },
    };
    gateways.push(new Gateway(fleet, doors[index], patience));
  }
  return {
    gateways,
    carrier,
    [Symbol.asyncDispose]: async () => {
      for (const { desk } of gateways) desk.stop();
    },
  };
}

/** As the engine's channels do: a question to all others, an answer to the one who has asked. */
function deliver(
  gateways: readonly Gateway[],
  names: readonly string[],
  from: string,
  part: SpreadPart,
): void {
  if (part.kind === 'ask') {
    for (const [index, name] of names.entries()) {
      if (name !== from) gateways[index]?.desk.asked(`${from}/${part.id}`, part.bytes);
    }
  } else {
    const [name = '', id] = part.to.split('/');
    gateways[names.indexOf(name)]?.desk.answered(Number(id), part.bytes);
  }
}

/** The four knocks, each at one of the gateways. Returns whether one of them opens without asking. */
function send({ gateways }: Fixture, from: string, way: readonly number[]): boolean {
  const opened = PORTS.map((port, i) => gateways[way[i] ?? 0]?.knock(from, port, 80 - 20 * i));
  return opened.includes(true);
}

describe('gateways that ask each other about knocks', () => {
  test('every way of the four knocks over three gateways opens, once', async () => {
    await using the = stage();
    const { gateways } = the;
    let whole = 0;
    const asked = [0, 0, 0];
    for (let way = 0; way < 81; way++) {
      const ways = [0, 1, 2, 3].map((i) => Math.floor(way / 3 ** i) % 3);
      const last = ways[3] ?? 0;
      if (send(the, `192.0.2.${way}`, ways)) whole += 1;
      else asked[last] = (asked[last] ?? 0) + 1;
      // Answers are awaited: how many questions are under way at one time is another matter.
      await gateways[last]?.judged(asked[last] ?? 0);
    }
    assert.equal(whole, 3, 'those that one gateway has seen whole need nobody');
    const said = gateways.flatMap((one) => one.said);
    assert.equal(said.filter((one) => one.startsWith('completed ')).length, 78, said.join('\n'));
    assert.equal(new Set(said).size, 78);
  });

  test('an incomplete or wrong sequence stays shut, and so does one with a wrong knock or a decoy port elsewhere', async () => {
    await using the = stage();
    const [a, b, c] = the.gateways as [Gateway, Gateway, Gateway];
    b.knock('192.0.2.1', 7000, 80);
    a.knock('192.0.2.1', 7500, 0);
    // 8000 comes twice more, far from the others, after 9000.
    send(the, '192.0.2.2', [1, 1, 2, 1]);
    b.knock('192.0.2.3', 7000, 2000);
    c.knock('192.0.2.3', 8000, 1600);
    b.knock('192.0.2.3', 9000, 1200);
    c.knock('192.0.2.3', 7000, 800);
    a.knock('192.0.2.3', 7500, 0);
    b.knock('192.0.2.4', 7000, 2000);
    c.knock('192.0.2.4', 7010, 1600);
    b.knock('192.0.2.4', 8000, 1200);
    b.knock('192.0.2.4', 9000, 800);
    a.knock('192.0.2.4', 7500, 0);
    assert.deepEqual((await a.judged(3)).toSorted(), [
      'incomplete 192.0.2.1 gw2',
      'incomplete 192.0.2.3 gw2,gw3',
      'withheld 192.0.2.4 gw2',
    ]);
    assert.deepEqual(await b.judged(1), ['completed 192.0.2.2 gw3']);
  });

  test('who withholds answers is not waited for without end, and the others complete it', async () => {
    await using the = stage({ patience: SHORT_MS });
    const { gateways, carrier } = the;
    const { deliver } = carrier;
    carrier.deliver = (from, part) => (from === 'gw3' ? undefined : deliver(from, part));
    send(the, '192.0.2.1', [1, 1, 0, 0]);
    send(the, '192.0.2.2', [2, 1, 0, 0]);
    assert.deepEqual((await (gateways[0] as Gateway).judged(2)).toSorted(), [
      'completed 192.0.2.1 gw2 gw3',
      'incomplete 192.0.2.2 gw2 gw3',
    ]);
    assert.equal(gateways[0]?.desk.counts.late, 2);
  });

  test('answers that are altered, or belong to another question or member, do not count', async () => {
    await using the = stage({ patience: SHORT_MS });
    const [a] = the.gateways as [Gateway];
    const { carrier } = the;
    const { deliver } = carrier;
    const kept: SpreadPart[] = [];
    carrier.deliver = (from, part) => {
      if (part.kind === 'ask' || kept.length === 0) {
        if (part.kind === 'answer' && from === 'gw2') kept.push(part);
        return deliver(from, part);
      }
      const last = kept[0] as Extract<SpreadPart, { kind: 'answer' }>;
      // The good answer to the first question, for this one; this one with a bit changed; under another name.
      deliver(from, { ...last, to: part.to });
      const changed = Uint8Array.from(part.bytes);
      changed[40] = (changed[40] ?? 0) ^ 1;
      deliver(from, { ...part, bytes: changed });
      const renamed = Uint8Array.from(part.bytes);
      renamed[8] = 0x34;
      deliver(from, { ...part, bytes: renamed });
      const junk = randomBytes(200);
      deliver(from, { ...part, bytes: junk });
    };
    send(the, '192.0.2.1', [1, 1, 1, 0]);
    assert.deepEqual(await a.judged(1), ['completed 192.0.2.1 gw2']);
    for (let n = 2; n < 12; n++) send(the, `192.0.2.${n}`, [1, 1, 1, 0]);
    const said = (await a.judged(11)).slice(1);
    assert.ok(
      said.every((one) => one.startsWith('incomplete ')),
      said.join('\n'),
    );
    assert.ok(a.desk.counts.forged > 0);
  });

  test('a member that may not open the door gets neither question nor answer', async () => {
    await using narrow = stage({ rights: () => ['web'] });
    const sent: SpreadPart[] = [];
    narrow.carrier.deliver = (_, part) => void sent.push(part);
    send(narrow, '192.0.2.1', [1, 1, 1, 0]);
    await using the = stage({ patience: SHORT_MS, rights: (host) => (host === 'gw2' ? ['web'] : 'all') });
    send(the, '192.0.2.1', [1, 1, 1, 0]);
    assert.deepEqual(await (the.gateways[0] as Gateway).judged(1), ['incomplete 192.0.2.1  gw2']);
    assert.equal(the.gateways[1]?.desk.counts.told, 0);
    assert.deepEqual(sent, [], 'the other stage had as much time');
  });

  test('a member whose door has other knocks does not count, and a warning says so', async () => {
    const other: Door = { ...door('ssh', '7000,8000,9001,7500'), fleet: ['spread'] };
    await using the = stage({ doors: [DOOR, other, DOOR] });
    const [a] = the.gateways as [Gateway];
    send(the, '192.0.2.1', [2, 2, 2, 0]);
    send(the, '192.0.2.2', [1, 2, 2, 0]);
    assert.deepEqual((await a.judged(2)).toSorted(), ['completed 192.0.2.1 gw3', 'incomplete 192.0.2.2 gw3']);
    assert.match(a.warnings[0] ?? '', /^gw2: it has no door ssh with the same knocks/);
  });

  test('a flood at the last knock is asked about within the budget, and local sequences open all the same', async () => {
    await using the = stage();
    const [a] = the.gateways as [Gateway];
    for (let n = 0; n < 5000; n++) a.knock(`10.9.${n >> 8}.${n & 255}`, 7500, 0);
    const { unasked } = a.desk.counts;
    assert.ok(unasked > 3000, `${unasked} of 5,000 were not asked about`);
    assert.equal(send(the, '192.0.2.1', [0, 0, 0, 0]), true);
  });
});
