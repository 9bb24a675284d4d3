import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { Address } from '../../../src/core/net/address.ts';
import { instant, seconds } from '../../../src/core/net/time.ts';
import {
  type KnockReply,
  openReply,
  REPLY_BYTES,
  REPLY_STATUSES,
  sealReply,
} from '../../../src/core/signed/knock-reply.ts';
import { nodeCiphers } from '../../../src/host/crypto/node-ciphers.ts';

const KEY = randomBytes(32);

const replyOf = (status: KnockReply['status'], seen: string): KnockReply => ({
  status,
  left: seconds(60),
  time: instant(1_795_825_000_001),
  seen: seen as Address,
  challenge: Uint8Array.from(randomBytes(16)),
});

const seal = (reply: KnockReply): Uint8Array => sealReply(nodeCiphers, KEY, randomBytes(12), reply);

test('a reply is read as it was sealed, with every status and both families', () => {
  for (const status of REPLY_STATUSES) {
    for (const seen of ['192.0.2.7', '2001:db8::7', '::1', '0.0.0.0']) {
      const reply = replyOf(status, seen);
      const packet = seal(reply);
      assert.equal(packet.length, REPLY_BYTES);
      const opened = openReply(nodeCiphers, KEY, packet);
      assert.deepEqual(
        { ...opened, challenge: Buffer.from(opened?.challenge ?? []) },
        {
          ...reply,
          challenge: Buffer.from(reply.challenge),
        },
      );
    }
  }
});

test('a reply that is shorter, longer, changed in any byte, or under another key is none', () => {
  const packet = seal(replyOf('open', '192.0.2.7'));
  for (let at = 0; at < packet.length; at++) {
    const changed = Uint8Array.from(packet);
    changed[at] = (changed[at] as number) ^ (1 << (at % 8));
    assert.equal(openReply(nodeCiphers, KEY, changed), undefined, `byte ${at}`);
    assert.equal(openReply(nodeCiphers, KEY, packet.subarray(0, at)), undefined);
  }
  assert.equal(openReply(nodeCiphers, KEY, Buffer.concat([packet, Buffer.alloc(1)])), undefined);
  assert.equal(openReply(nodeCiphers, randomBytes(32), packet), undefined);
});

test('a sealed body with an unknown status, a time past all numbers, or bytes behind its end is none', () => {
  const sealBody = (change: (body: Uint8Array) => void): Uint8Array => {
    const body = new Uint8Array(80);
    change(body);
    const nonce = randomBytes(12);
    return Buffer.concat([nonce, nodeCiphers.seal(KEY, nonce, new Uint8Array(0), body)]);
  };
  const open = (change: (body: Uint8Array) => void) => openReply(nodeCiphers, KEY, sealBody(change));
  assert.equal(open(() => undefined)?.status, 'open');
  for (const status of [5, 128, 255])
    assert.equal(
      open((body) => body.fill(status, 0, 1)),
      undefined,
    );
  assert.equal(
    open((body) => body.fill(255, 5, 13)),
    undefined,
  );
  for (const at of [45, 79])
    assert.equal(
      open((body) => body.fill(1, at, at + 1)),
      undefined,
    );
});
