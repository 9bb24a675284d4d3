import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Feed } from '../../src/app/daemon/reporting/feed.ts';
import type { FollowPart } from '../../src/core/control/feed-event.ts';
import { instant } from '../../src/core/net/time.ts';

const warn = (feed: Feed, text: string): void => feed.add({ kind: 'warning', text });

function feedOf(): Feed {
  const feed = new Feed(() => instant(7));
  feed.beat(() => ({ now: instant(7), packets: { passed: 1, dropped: 0 }, attempts: 0, leases: 0 }));
  return feed;
}

async function next(from: AsyncGenerator<FollowPart>): Promise<FollowPart> {
  const { value, done } = await from.next();
  assert.equal(done, false);
  return value;
}

describe('the feed of events', () => {
  test('from now on, from a cursor on, and from the oldest', async () => {
    const feed = feedOf();
    warn(feed, 'one');
    const now = feed.follow(undefined);
    const first = await next(now);
    assert.deepEqual(first.events, []);
    assert.deepEqual(first.pulse?.packets, { passed: 1, dropped: 0 });
    warn(feed, 'two');
    const second = await next(now);
    assert.deepEqual(
      second.events.map(({ text, at, event, level }) => [text, at, event, level]),
      [['two', 7, 'warning', 'warning']],
    );
    await now.return(undefined);
    warn(feed, 'three');
    const resumed = await next(feed.follow(second.cursor));
    assert.deepEqual(
      resumed.events.map(({ text }) => text),
      ['three'],
    );
    const all = await next(feed.follow('oldest'));
    assert.deepEqual(
      all.events.map(({ text }) => text),
      ['one', 'two', 'three'],
    );
    for (const [latest, texts] of [
      [2, ['two', 'three']],
      [99, ['one', 'two', 'three']],
    ] as const) {
      const some = await next(feed.follow(undefined, latest));
      assert.deepEqual(
        some.events.map(({ text }) => text),
        texts,
      );
      assert.equal(some.lost, undefined);
    }
    const other = await next(feed.follow('00000000-2'));
    assert.equal(other.restarted, true);
    assert.equal(other.events.length, 3);
    await assert.rejects(feed.follow('yesterday').next(), /invalid cursor/);
    feed.close();
  });

  test('a follower that does not read costs nothing, and learns how much it has missed', async () => {
    const feed = feedOf();
    const slow = feed.follow(undefined);
    await next(slow);
    for (let n = 0; n < 10_000; n++) warn(feed, `${n}`);
    const part = await next(slow);
    assert.equal(part.lost, 10_000 - 4096);
    assert.equal(part.events[0]?.text, `${10_000 - 4096}`);
    assert.equal(part.more, true);
    let seen = part.events.length;
    for (let last = part; last.more; seen += last.events.length) last = await next(slow);
    assert.equal(seen, 4096);
    feed.close();
  });

  test('eight follow, a ninth is refused; who leaves makes room; the end of the daemon is theirs', async () => {
    const feed = feedOf();
    const followers = Array.from({ length: 8 }, () => feed.follow(undefined));
    for (const one of followers) await next(one);
    await assert.rejects(feed.follow(undefined).next(), /8 clients follow already/);
    await followers[0]?.return(undefined);
    await next(feed.follow(undefined));
    const waiting = followers[1]?.next();
    feed.close();
    assert.equal((await waiting)?.done, true);
  });
});
