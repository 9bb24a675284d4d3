/**
 * Scans in a random order against codes: the engine, the decoy ports, the guard and the judge of the daemon, with
 * packets in memory. Each scan comes from a source of its own, at full speed, within one step of the codes.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ScanGuard } from '../../src/core/attempt/scan-guard.ts';
import { CodeEngine } from '../../src/core/code/code-engine.ts';
import { CurrentCodes } from '../../src/core/code/current-codes.ts';
import { Guesses } from '../../src/core/code/guesses.ts';
import { stepAt } from '../../src/core/code/totp.ts';
import { UsedCodes } from '../../src/core/code/used-codes.ts';
import { DecoyPorts } from '../../src/core/decoy/decoy-ports.ts';
import { drawShare } from '../../src/core/decoy/port-share.ts';
import { instant } from '../../src/core/net/time.ts';
import { Packet, packetSource } from '../../src/core/packet/packet.ts';
import { proveCode } from '../../src/core/proof/prove-code.ts';
import { codeOfSecret } from '../../src/core/users/parse-code.ts';
import type { User } from '../../src/core/users/user.ts';
import { nodeCiphers } from '../../src/host/crypto/node-ciphers.ts';
import { repeats } from '../lab/effort.ts';
import { seededRandom } from '../lab/seeded-random.ts';
import { codeDoor } from '../unit/code/code-knocks.ts';

const DOOR = codeDoor('ssh', [17, 23]);
const PENALTY = 60_000;
const HOST = { served: [{ first: 22, last: 22 }], ephemeral: { first: 32_768, last: 60_999 } };
const START = 1_800_000_000_000;

const SCANS = repeats('BUSSA_CODE_SCANS', { quick: 600, full: 10_000 });

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);
const BLOCKS = [...range(17_000, 17_999), ...range(23_000, 23_999)];
const IN_BLOCKS = new Set(BLOCKS);

/** A door that takes codes of one user, as the daemon watches it. `isGuarded`: as it really is. */
class Scanned {
  readonly guard: ScanGuard;
  readonly #engine: CodeEngine;
  readonly #decoys: DecoyPorts;
  readonly #codes: CurrentCodes<User>;
  readonly #packet = new Packet();
  readonly #guesses = new Guesses();
  readonly #isGuarded: boolean;
  guesses = 0;
  /** Those for which one right code would have been enough. */
  free = 0;
  opened = 0;
  right = 0;

  constructor(random: () => number, isGuarded = true) {
    const key = [random() * 2 ** 32, random() * 2 ** 32] as const;
    this.guard = new ScanGuard(1024, key);
    this.#engine = new CodeEngine(1024, key);
    this.#engine.follow([DOOR]);
    this.#decoys = new DecoyPorts([], HOST, drawShare(key), [DOOR]);
    this.guard.follow({ decoys: this.#decoys, penalty: PENALTY, codePenalty: PENALTY });
    const secret = Uint8Array.from({ length: 20 }, () => random() * 256);
    const user = { name: 'alice', keys: [], spa: [], code: codeOfSecret(nodeCiphers, secret) };
    this.#codes = new CurrentCodes<User>(nodeCiphers, [{ owner: user, secret }]);
    this.#isGuarded = isGuarded;
    Object.assign(this.#packet, {
      protocol: 6,
      family: 4,
      flags: 2,
      source0: 0,
      source1: 0,
      source2: 0xffff,
    });
  }

  /** Of these ports, those at which a packet is looked at. All others change nothing. */
  watched(ports: readonly number[]): number[] {
    return ports.filter((port) => IN_BLOCKS.has(port) || this.#decoys.touchedBy(6, port, 2));
  }

  scan(ports: readonly number[], source: number, at: number): void {
    const packet = this.#packet;
    packet.source3 = source;
    for (const [i, port] of ports.entries()) {
      packet.destinationPort = port;
      packet.identity = i;
      packet.sourcePort = 1024 + (i % 60_000);
      const now = at + i;
      if (!this.#engine.watches(packet)) {
        this.guard.touch(packet, now);
        continue;
      }
      this.#engine.offer(packet, true, now, this.#guesses);
      if (this.#guesses.count === 1) this.#guess(now);
    }
  }

  #guess(now: number): void {
    const packet = this.#packet;
    const code = this.#guesses.code(0);
    this.guesses++;
    const start = this.#guesses.start(0);
    const isTouched = this.guard.hasTouchedSince(packet, start, now);
    if (!isTouched && !this.guard.isInCodePenalty(packet, now)) this.free++;
    const matches = this.#codes.find(code, stepAt(instant(now)));
    if (matches.length === 0) {
      this.guard.touchByCode(packet, code, now);
      return;
    }
    this.right++;
    const judged = proveCode(matches, {
      ...{ door: DOOR, from: packetSource(packet), now: instant(now), start },
      used: new UsedCodes({ floor: 0, used: [] }),
      isGuarded: this.#isGuarded && this.guard.isInCodePenalty(packet, now),
      hasTouchedSince: (time) => this.#isGuarded && this.guard.hasTouchedSince(packet, time, now),
    });
    if (judged.kind === 'open') this.opened++;
  }
}

/** The Fisher-Yates shuffle: all orders are equally likely. */
function shuffle(ports: number[], random: () => number): number[] {
  for (let i = ports.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [ports[i], ports[j]] = [ports[j] as number, ports[i] as number];
  }
  return ports;
}

/**
 * The same numbers in each run: of 10,000 scans of the blocks, which have 20,000 free guesses, one opens a door in 6 runs of
 * 100 with others. What holds for all numbers is tested below.
 */
function constantRandom(lane: number): () => number {
  let state = lane | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('scans in a random order, each from an address without a penalty', () => {
  for (const [name, all] of [
    ['of the two blocks', BLOCKS],
    ['of all ports', range(1, 65_535)],
  ] as const)
    test(`${SCANS} ${name}: no door opens`, (t) => {
      const random = constantRandom(all.length);
      const scanned = new Scanned(random);
      const ports = scanned.watched(all);
      for (let scan = 0; scan < SCANS; scan++)
        scanned.scan(shuffle(ports, random), scan + 1, START + scan * 10_000);
      const { guesses, free, right, opened } = scanned;
      t.diagnostic(
        `${ports.length} ports watched, ${guesses} guesses, ${free} free, ${right} right, ${opened} doors opened`,
      );
      assert.ok(guesses / SCANS > 400, 'a scan has hundreds of guesses, which the guard makes worthless');
      assert.equal(opened, 0);
    });

  test('a scan of the blocks has two guesses for which one right code is enough; a scan of all ports rarely has one', (t) => {
    const random = seededRandom(t);
    const scanned = new Scanned(random);
    let before = 0;
    let thirds = 0;
    for (let scan = 0; scan < 500; scan++) {
      scanned.scan(shuffle([...BLOCKS], random), scan + 1, START + scan * 10_000);
      const own = scanned.free - before;
      assert.ok(own <= 3, `${own} in one scan`);
      if (own === 3) thirds++;
      before = scanned.free;
    }
    // The guard keeps 16 bits of a code: two wrong ones in a row look like one in one of 65,536 scans.
    assert.ok(thirds <= 1, `${thirds} scans with a third one`);
    const ports = scanned.watched(range(1, 65_535));
    for (let scan = 0; scan < 500; scan++)
      scanned.scan(shuffle(ports, random), scan + 1000, START + scan * 10_000);
    const free = scanned.free - before;
    t.diagnostic(`${free} free guesses in 500 scans of all ports`);
    assert.ok(free <= 80);
  });

  test('what the guard is for: without it, one scan of the blocks in some hundreds opens a door', (t) => {
    const random = seededRandom(t, 3);
    const scanned = new Scanned(random, false);
    const ports = scanned.watched(BLOCKS);
    for (let scan = 0; scan < 10_000 && scanned.opened === 0; scan++)
      scanned.scan(shuffle(ports, random), scan + 1, START + scan * 10_000);
    assert.ok(scanned.opened > 0, `${scanned.guesses} guesses`);
  });

  test('an ascending scan has one guess, a descending one none', (t) => {
    const random = seededRandom(t, 4);
    const scanned = new Scanned(random);
    scanned.scan(BLOCKS, 1, START);
    assert.equal(scanned.guesses, 1);
    scanned.scan(BLOCKS.toReversed(), 2, START);
    assert.equal(scanned.guesses, 1);
  });
});
