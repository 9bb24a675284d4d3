import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { codeDoor, TestCodes } from './code-knocks.ts';

const SSH = codeDoor('ssh', [17, 23]);

describe('a code that is knocked as two ports', () => {
  test('counts with its halves in order, by TCP or UDP, with its zeros', () => {
    const codes = new TestCodes([SSH]);
    assert.deepEqual(codes.offer({ port: 17_492, at: 0 }), ['half']);
    assert.deepEqual(codes.offer({ port: 23_817, at: 100 }), ['ssh 492817']);
    assert.deepEqual(codes.offer({ port: 17_000, at: 200, udp: true }), ['half']);
    assert.deepEqual(codes.offer({ port: 23_007, at: 300 }), ['ssh 000007']);
  });

  test('a second half alone completes nothing, and each first half is good for one guess', () => {
    const codes = new TestCodes([SSH]);
    assert.deepEqual(codes.offer({ port: 23_817, at: 0 }), ['half']);
    codes.offer({ port: 17_492, at: 1 });
    assert.deepEqual(codes.offer({ port: 23_817, at: 2 }), ['ssh 492817']);
    for (let i = 0; i < 50; i++) assert.deepEqual(codes.offer({ port: 23_000 + i, at: 3 + i }), ['half']);
  });

  test('a first half takes the place of the one before, and a browser that connects twice does no harm', () => {
    const codes = new TestCodes([SSH]);
    for (const [i, port] of [17_111, 17_492, 17_492].entries()) codes.offer({ port, at: i });
    assert.deepEqual(codes.offer({ port: 23_817, at: 5 }), ['ssh 492817']);
    assert.deepEqual(codes.offer({ port: 23_817, at: 6 }), ['half']);
  });

  test('not beyond the time of a sequence, whichever way the clock goes', () => {
    for (const at of [25_001, -25_001]) {
      const codes = new TestCodes([SSH]);
      codes.offer({ port: 17_492, at: 0 });
      assert.deepEqual(codes.offer({ port: 23_817, at }), ['half']);
    }
    const codes = new TestCodes([SSH]);
    codes.offer({ port: 17_492, at: 0 });
    assert.deepEqual(codes.offer({ port: 23_817, at: 25_000 }), ['ssh 492817']);
  });

  test('not of two sources, not with flags that an answer has, not sent elsewhere', () => {
    const codes = new TestCodes([SSH]);
    codes.offer({ port: 17_492, at: 0 });
    assert.deepEqual(codes.offer({ port: 23_817, at: 1, from: '10.0.0.2' }), ['half']);
    for (const flags of [0, 1, 3, 4, 16, 18, 6])
      assert.deepEqual(codes.offer({ port: 23_817, at: 2, flags }), ['nothing']);
    assert.deepEqual(codes.offer({ port: 23_817, at: 3, local: false }), ['nothing']);
    assert.deepEqual(codes.offer({ port: 23_817, at: 4 }), ['ssh 492817']);
    codes.offer({ port: 17_492, at: 10, from: '2001:db8::1', to: '2001:db8::9' });
    const second = { port: 23_817, at: 11, from: '2001:db8::2', to: '2001:db8::9' };
    assert.deepEqual(codes.offer(second), ['half'], 'the whole IPv6 address is the source');
  });

  test('a retransmission of a half is not a half', () => {
    const codes = new TestCodes([SSH]);
    codes.offer({ port: 17_492, at: 0, identity: 7 });
    assert.deepEqual(codes.offer({ port: 23_817, at: 10, identity: 8 }), ['ssh 492817']);
    assert.deepEqual(codes.offer({ port: 17_492, at: 1000, identity: 7 }), ['nothing']);
    assert.deepEqual(codes.offer({ port: 23_817, at: 1010, identity: 8 }), ['nothing']);
  });

  test('the pair names the door, in its order; a target has doors of its own', () => {
    const web = codeDoor('web', [23, 17]);
    const far = codeDoor('far', [17, 24], { target: SSH.target ?? ('192.0.2.1' as never) });
    const codes = new TestCodes([SSH, web, far]);
    codes.offer({ port: 17_492, at: 0 });
    assert.deepEqual(codes.offer({ port: 23_817, at: 1 }), ['ssh 492817']);
    assert.deepEqual(codes.offer({ port: 17_222, at: 2 }), ['web 817222'], 'the second half began one there');
    codes.offer({ port: 17_492, at: 10, to: '192.0.2.1', local: false });
    assert.deepEqual(codes.offer({ port: 24_817, at: 11 }), ['nothing']);
    assert.deepEqual(codes.offer({ port: 24_817, at: 12, to: '192.0.2.1', local: false }), ['far 492817']);
  });

  test('a reload keeps first halves where the numbers stay, and forgets others', () => {
    const codes = new TestCodes([SSH]);
    codes.offer({ port: 17_492, at: 0 });
    codes.engine.follow([codeDoor('ssh', [17, 23], { maxLeases: 3 })]);
    assert.deepEqual(codes.offer({ port: 23_817, at: 1 }), ['ssh 492817']);
    codes.offer({ port: 17_492, at: 2 });
    codes.engine.follow([codeDoor('ssh', [17, 24])]);
    assert.deepEqual(codes.offer({ port: 24_817, at: 3 }), ['half']);
    codes.engine.follow([]);
    assert.deepEqual(codes.offer({ port: 17_492, at: 4 }), ['nothing']);
  });

  test('a full table forgets some first half, and never makes one of another', () => {
    const codes = new TestCodes([SSH], 64);
    const sources = Array.from({ length: 500 }, (_, i) => `10.1.${i >> 8}.${i & 255}`);
    for (const [i, from] of sources.entries()) codes.offer({ port: 17_000 + i, at: 0, from });
    let kept = 0;
    for (const [i, from] of sources.entries()) {
      const [said] = codes.offer({ port: 23_817, at: 1, from });
      if (said === 'half') continue;
      assert.equal(said, `ssh ${String(i).padStart(3, '0')}817`);
      kept++;
    }
    assert.ok(kept > 16 && kept <= 64, `${kept}`);
  });
});
