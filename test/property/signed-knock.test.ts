// Hostile bytes: no packet but the one that was signed opens anything, and none throws.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Address, parseAddress } from '../../src/core/net/address.ts';
import { instant, seconds } from '../../src/core/net/time.ts';
import { CLOCK_WINDOW_MS, judgeKnock } from '../../src/core/signed/judge-knock.ts';
import { type KnockRequest, readBody, renderBody, renderHead } from '../../src/core/signed/knock-body.ts';
import { noiseReason, openKnock } from '../../src/core/signed/open-knock.ts';
import { ephemeralOf, keyIdOf, sealKnock } from '../../src/core/signed/seal-knock.ts';
import { parseCard, renderCard } from '../../src/core/signed/server-card.ts';
import { serverMarks } from '../../src/core/signed/server-word.ts';
import { readPublicKey } from '../../src/core/ssh/public-key.ts';
import { nodeCiphers as ciphers } from '../../src/host/crypto/node-ciphers.ts';
import { seeded } from '../lab/seed.ts';

const file = JSON.parse(
  readFileSync(new URL('../vectors/signed-knock-vectors.json', import.meta.url), 'utf8'),
);
const secret = Buffer.from(file.serverPrivateHex, 'hex');
const point = ciphers.x25519Public(secret);
const SERVER = { secret, point, marks: serverMarks(ciphers, point) };
const OPENING = file.vectors.filter(({ expect }: { expect: string }) => expect === 'opens');

/** Whether the payload, sent from there, opens. */
function opens(
  payload: Uint8Array,
  vector: { publicKeyBlobB64: string; from: string; nowMs: number },
): boolean {
  if (noiseReason(SERVER, payload) !== undefined) return false;
  const opened = openKnock(ciphers, SERVER, payload);
  if (opened.kind === 'refused') return false;
  const reading = readPublicKey(Buffer.from(vector.publicKeyBlobB64, 'base64'));
  if (reading.kind === 'refused') return false;
  return (
    judgeKnock(ciphers, opened.body, opened.point, {
      serverPublic: point,
      from: parseAddress(vector.from) as Address,
      now: instant(vector.nowMs),
      window: CLOCK_WINDOW_MS,
      keyOf: () => ({ key: reading.key, comment: '' }),
      isChallenge: () => true,
    }).kind === 'good'
  );
}

test('a packet with any byte changed, cut, or longer opens nothing', (t) => {
  const change = fc.record({
    vector: fc.constantFrom(...OPENING),
    at: fc.nat({ max: 1231 }),
    xor: fc.integer({ min: 1, max: 255 }),
    cut: fc.constantFrom(0, 0, 0, 1, -1),
  });
  fc.assert(
    fc.property(change, ({ vector, at, xor, cut }) => {
      const whole = Buffer.from(vector.packetHex, 'hex');
      assert.ok(opens(whole, vector), vector.name);
      const changed = Buffer.concat([whole, Buffer.alloc(1)]).subarray(0, whole.length + cut);
      const index = at % changed.length;
      changed.writeUInt8(changed.readUInt8(index) ^ xor, index);
      assert.equal(opens(changed, vector), false, `${vector.name}, byte ${index}`);
    }),
    seeded(t, { numRuns: 500 }),
  );
});

test('bodies sealed by an attacker who has the card never throw, whatever they contain', (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom(260, 644, 1172),
      fc.uint8Array({ minLength: 0, maxLength: 200 }),
      fc.boolean(),
      (length, start, isVersionOne) => {
        const body = new Uint8Array(length);
        body.set(start);
        if (isVersionOne) body.set([1, 1, 0, 0]);
        const read = readBody(body);
        if (read !== undefined) assert.ok(read.head.length + 2 + read.signature.length <= length);
      },
    ),
    seeded(t, { numRuns: 5000 }),
  );
});

const address = fc
  .constantFrom('192.0.2.7', '0.0.0.0', '255.255.255.255', '::', '::1', '2001:db8::7')
  .map((text) => parseAddress(text) as Address);

const request: fc.Arbitrary<KnockRequest> = fc
  .record({
    kind: fc.constantFrom('open' as const, 'close' as const),
    wantsReply: fc.boolean(),
    source: fc.option(address, { nil: undefined }),
    time: fc.nat({ max: Number.MAX_SAFE_INTEGER }).map(instant),
    nonce: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    keyId: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    length: fc.nat({ max: 0xffff_ffff }).map(seconds),
    door: fc.string({ unit: 'grapheme', maxLength: 12 }).filter((name) => Buffer.byteLength(name) <= 64),
    challenge: fc.option(fc.uint8Array({ minLength: 16, maxLength: 16 }), { nil: undefined }),
  })
  .map(({ source, challenge, ...rest }) => ({
    ...rest,
    ...(source === undefined ? {} : { source }),
    ...(challenge === undefined ? {} : { challenge }),
  }));

test('what is sealed is opened, and read as it was written', (t) => {
  const random = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(request, random, fc.boolean(), fc.nat({ max: 1000 }), (asked, own, topBit, size) => {
      const signature = new Uint8Array(size).fill(0x5a);
      const head = renderHead(asked);
      const sealed = sealKnock(ciphers, point, ephemeralOf(ciphers, own, topBit), head, signature);
      if (sealed === undefined) {
        assert.equal(renderBody(head, signature, 1172), undefined);
        return;
      }
      assert.equal(noiseReason(SERVER, sealed.packet), undefined);
      const opened = openKnock(ciphers, SERVER, sealed.packet);
      assert.ok(opened.kind === 'knock');
      const { head: readHead, signature: readSignature, ...read } = opened.body;
      const plain = (value: object): unknown =>
        Object.fromEntries(
          Object.entries(value).map(([k, v]) => [
            k,
            v instanceof Uint8Array ? Buffer.from(v).toString('hex') : v,
          ]),
        );
      assert.deepEqual(plain(read), plain(asked));
      assert.deepEqual(
        plain({ readHead, readSignature }),
        plain({ readHead: head, readSignature: signature }),
      );
    }),
    seeded(t, { numRuns: 500 }),
  );
});

test('a card is read as it was written; with any character changed it is none', (t) => {
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(key, fc.integer({ min: 1, max: 65_535 }), fc.nat({ max: 58 }), (bytes, port, at) => {
      const text = renderCard(ciphers, { port: port as never, key: bytes });
      const read = parseCard(ciphers, text);
      assert.deepEqual(
        [read?.port, Buffer.from(read?.key ?? []).toString('hex')],
        [port, Buffer.from(bytes).toString('hex')],
      );
      const changed = `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
      assert.equal(parseCard(ciphers, changed), undefined, changed);
    }),
    seeded(t, { numRuns: 300 }),
  );
});

test('a key is named by its blob', () => {
  const [first, second] = OPENING;
  const id = (vector: { publicKeyBlobB64: string }): string =>
    Buffer.from(keyIdOf(ciphers, Buffer.from(vector.publicKeyBlobB64, 'base64'))).toString('hex');
  assert.notEqual(id(first), id(second));
});
