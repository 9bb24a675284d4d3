import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TCP_FLAG } from '../../../src/core/net/tcp-flags.ts';
import { address, door, TestEngine } from './knocks.ts';

const SSH = door('ssh', '7000,8000,9000');

describe('a sequence', () => {
  test('opens its door when it is knocked in order, and says each stage', () => {
    const engine = new TestEngine([SSH]);
    assert.deepEqual(engine.offer({ port: 7000, at: 0 }), ['10.0.0.1 ssh advanced 1']);
    assert.deepEqual(engine.offer({ port: 8000, at: 1 }), ['10.0.0.1 ssh advanced 2']);
    assert.deepEqual(engine.completions, []);
    assert.deepEqual(engine.offer({ port: 9000, at: 2.5 }), [
      '10.0.0.1 ssh advanced 3',
      '10.0.0.1 ssh completed 3',
    ]);
    assert.deepEqual(engine.completions, [{ door: SSH, source: '10.0.0.1', at: 2.5 }]);
    assert.equal(engine.engine.pending, 0);
  });

  test('opens again when it is knocked again', () => {
    const engine = new TestEngine([SSH]);
    for (const at of [0, 10, 20]) {
      assert.equal(engine.offerAll('7000,8000,9000', at).at(-1), '10.0.0.1 ssh completed 3');
    }
  });

  test('of one port opens with every knock and leaves no attempt', () => {
    const engine = new TestEngine([door('one', '7000:udp')]);
    for (const at of [0, 1]) {
      const said = engine.offer({ port: '7000:udp', at });
      assert.deepEqual(said, ['10.0.0.1 one advanced 1', '10.0.0.1 one completed 1']);
    }
    assert.equal(engine.engine.pending, 0);
  });

  test('with a port that is repeated needs each of its knocks', () => {
    const engine = new TestEngine([door('twice', '7000,7000,8000,7000')]);
    assert.deepEqual(engine.offerAll('7000,7000,8000,7000', 0).at(-1), '10.0.0.1 twice completed 4');
    assert.deepEqual(engine.offerAll('7000,8000', 10), ['10.0.0.1 twice failed 1']);
    assert.deepEqual(engine.offerAll('7000,7000,7000', 20), ['repeat']);
  });

  test('of 300 knocks opens, and not with one of them missing', () => {
    const ports = Array.from(
      { length: 300 },
      (_, i) => `${1 + ((i * 7919) % 65_535)}${i % 3 === 0 ? ':udp' : ''}`,
    );
    const engine = new TestEngine([door('long', ports.join(','))]);
    assert.equal(engine.offerAll(ports.join(','), 0).at(-1), '10.0.0.1 long completed 300');
    assert.deepEqual(engine.offerAll(ports.toSpliced(150, 1).join(','), 400), []);
    assert.equal(engine.engine.pending, 0);
  });

  test('of 32,767 knocks opens: the longest that there may be', () => {
    const ports = Array.from({ length: 32_767 }, (_, i) => String(1 + i)).join(',');
    const engine = new TestEngine([door('longest', ports, { timeout: 60_000 })]);
    assert.equal(engine.offerAll(ports, 0).at(-1), '10.0.0.1 longest completed 32767');
  });

  test('distinguishes TCP from UDP at the same port', () => {
    const engine = new TestEngine([door('mixed', '7000:udp,7000,8000:udp')]);
    assert.deepEqual(engine.offer({ port: 7000, at: 0 }), []);
    assert.equal(engine.offerAll('7000:udp,7000,8000:udp', 1).at(-1), '10.0.0.1 mixed completed 3');
    assert.deepEqual(engine.offer({ port: '8000', at: 10 }), ['ignored']);
  });
});

describe('a wrong knock', () => {
  test('at a later port of the door discards the attempt', () => {
    const engine = new TestEngine([SSH]);
    engine.offer({ port: 7000, at: 0 });
    assert.deepEqual(engine.offer({ port: 9000, at: 5 }), ['10.0.0.1 ssh failed 1']);
    assert.deepEqual(engine.offerAll('8000,9000', 6), []);
    assert.equal(engine.engine.pending, 0);
  });

  test('at the first port discards the attempt and starts a new one there', () => {
    const engine = new TestEngine([SSH]);
    engine.offerAll('7000,8000', 0);
    assert.deepEqual(engine.offer({ port: 7000, at: 5 }), [
      '10.0.0.1 ssh failed 2',
      '10.0.0.1 ssh advanced 1',
    ]);
    assert.equal(engine.offerAll('8000,9000', 6).at(-1), '10.0.0.1 ssh completed 3');
  });

  test('that starts again has the whole time from there', () => {
    const engine = new TestEngine([SSH]);
    engine.offerAll('7000,8000', 0);
    engine.offer({ port: 7000, at: 4000 });
    assert.equal(engine.offerAll('8000,9000', 8000).at(-1), '10.0.0.1 ssh completed 3');
  });

  test('without an attempt does nothing', () => {
    const engine = new TestEngine([SSH]);
    assert.deepEqual(engine.offerAll('8000,9000', 0), []);
    assert.equal(engine.engine.pending, 0);
  });

  test('at a port of no door is none: it is not seen', () => {
    const engine = new TestEngine([SSH]);
    engine.offerAll('7000,8000', 0);
    assert.deepEqual(engine.offer({ port: 12_345, at: 2 }), ['ignored']);
    assert.deepEqual(engine.offer({ port: '9000:udp', at: 3 }), ['ignored']);
    assert.equal(engine.offer({ port: 9000, at: 4 }).at(-1), '10.0.0.1 ssh completed 3');
  });

  test('a scan of all ports opens nothing whose ports do not ascend, and a scan downwards likewise', () => {
    const engine = new TestEngine([door('up', '7000,9000,8000'), door('down', '9000,7000,8000')]);
    for (let port = 1; port <= 65_535; port++) engine.offer({ port, at: port / 100 });
    for (let port = 65_535; port >= 1; port--) {
      engine.offer({ port, at: 1e6 - port / 100 });
      assert.deepEqual(engine.completions, []);
    }
  });
});

describe('attempts are independent', () => {
  test('of other sources, IPv4 and IPv6 alike', () => {
    const engine = new TestEngine([SSH]);
    const sources = [
      '10.0.0.1',
      '10.0.0.2',
      'fd00::1',
      'fd00::2',
      '::10.0.0.1',
      '::ffff:10.0.0.1',
      'fd00:1::1',
    ];
    for (const port of [7000, 8000]) for (const from of sources) engine.offer({ port, from, at: port });
    assert.equal(engine.engine.pending, sources.length);
    engine.offer({ port: 7000, from: '10.0.0.2', at: 8500 });
    const opened = sources.filter((from) => engine.offer({ port: 9000, from, at: 9000 }).length === 2);
    assert.deepEqual(
      opened,
      sources.filter((from) => from !== '10.0.0.2'),
    );
  });

  test('of other doors: one packet may be right at one and wrong at another', () => {
    const engine = new TestEngine([SSH, door('web', '7000,9000,8000'), door('one', '9000')]);
    assert.deepEqual(engine.offer({ port: 7000, at: 0 }), [
      '10.0.0.1 ssh advanced 1',
      '10.0.0.1 web advanced 1',
    ]);
    assert.deepEqual(engine.offer({ port: 9000, at: 1 }), [
      '10.0.0.1 ssh failed 1',
      '10.0.0.1 web advanced 2',
    ]);
    assert.equal(engine.offer({ port: 8000, at: 2 }).at(-1), '10.0.0.1 web completed 3');
  });

  test('the end of one leaves the others: completed, failed or expired', () => {
    const engine = new TestEngine([SSH]);
    engine.offer({ port: 7000, from: '10.0.0.9', at: 0 });
    engine.offer({ port: 7000, from: '10.0.0.1', at: 4000 });
    engine.offer({ port: 7000, from: '10.0.0.2', at: 4000 });
    engine.offerAll('7000,8000,9000', 4001, { from: '10.0.0.3' });
    engine.offer({ port: 9000, from: '10.0.0.2', at: 4010 });
    assert.deepEqual(engine.expire(5001), ['10.0.0.9 ssh expired 1']);
    assert.equal(engine.offerAll('8000,9000', 5002).at(-1), '10.0.0.1 ssh completed 3');
  });
});

describe('a packet counts once', () => {
  test('one that advances an attempt begins none at another door: [close] contains [open]', () => {
    const engine = new TestEngine([door('open', '14101,5202,23303'), door('close', '9941,14101,5202,23303')]);
    engine.offerAll('9941,14101,5202', 0);
    assert.deepEqual(engine.offer({ port: 23_303, at: 4 }), [
      '10.0.0.1 close advanced 4',
      '10.0.0.1 close completed 4',
    ]);
    assert.equal(engine.engine.pending, 0);
  });

  test('a knock of another door ends an attempt', () => {
    const engine = new TestEngine([
      door('a', '2222:udp,3333,4444:udp'),
      door('b', '6400:udp,6500'),
      door('c', '1,6600'),
    ]);
    engine.offerAll('2222:udp,3333', 0);
    assert.deepEqual(engine.offer({ port: '6400:udp', at: 2 }), [
      '10.0.0.1 a failed 2',
      '10.0.0.1 b advanced 1',
    ]);
    assert.deepEqual(engine.offer({ port: '4444:udp', at: 3 }), ['10.0.0.1 b failed 1']);
    engine.offerAll('2222:udp,3333', 4);
    assert.deepEqual(engine.offer({ port: 6600, at: 6 }), ['10.0.0.1 a failed 2']);
  });

  test('but none where its door does not listen: other flags, another address', () => {
    const { syn, fin } = TCP_FLAG;
    const engine = new TestEngine([
      door('syn', '7000,8000', { flags: { mask: syn, value: syn } }),
      door('fin', '7100,8100', { flags: { mask: fin, value: fin } }),
      door('target', '7000,8000', { target: address('192.0.2.1') }),
      door('other', '7100,8100', { target: address('192.0.2.2') }),
    ]);
    const offer = (port: number, flags: number, to: string): string[] =>
      engine.offer({ port, at: 0, flags, to, local: to === '10.0.0.254' });
    for (const to of ['10.0.0.254', '192.0.2.1', '192.0.2.2']) {
      offer(7000, syn, to);
      offer(7100, fin, to);
    }
    assert.equal(engine.engine.pending, 4);
    assert.deepEqual(offer(8100, fin, '192.0.2.2'), [
      '10.0.0.1 other advanced 2',
      '10.0.0.1 other completed 2',
    ]);
    assert.deepEqual(offer(8000, syn | fin, '10.0.0.254'), [
      '10.0.0.1 fin failed 1',
      '10.0.0.1 syn advanced 2',
      '10.0.0.1 syn completed 2',
    ]);
    assert.deepEqual(offer(8000, syn, '192.0.2.1').at(-1), '10.0.0.1 target completed 2');
  });
});

describe('a repeat is no wrong knock', () => {
  for (const ports of ['7000,8000,9000', '7000:udp,8000,9000:udp', '7000,8000,7000', '7000,7000:udp,8000']) {
    test(`${ports}, each knock by several sockets`, () => {
      const engine = new TestEngine([door('a', ports), door('b', '9000,8000,7000')]);
      const knocks = ports.split(',').flatMap((port) => [port, port, port]);
      const said = knocks.map((port, at) => engine.offer({ port, at: at * 300 }).at(-1));
      assert.equal(said.filter((line) => line === '10.0.0.1 a completed 3').length, 1);
    });
  }

  test('where the same port is due, it is the next knock; one more is a repeat', () => {
    const engine = new TestEngine([door('a', '7000,7000,8000')]);
    assert.equal(engine.offerAll('7000,8000', 0).at(-1), '10.0.0.1 a failed 1');
    assert.deepEqual(engine.offerAll('7000,7000,7000', 10), ['repeat']);
    assert.deepEqual(engine.offer({ port: 7000, at: 13 }), ['repeat']);
    assert.equal(engine.offer({ port: 8000, at: 14 }).at(-1), '10.0.0.1 a completed 3');
  });

  test('of the last knock begins at most what a knock there begins, and hinders no knock after it', () => {
    const engine = new TestEngine([door('open', '7000,8000,9000'), door('close', '9000,8000,7000')]);
    engine.offerAll('7000,8000,9000', 0);
    assert.deepEqual(engine.offer({ port: 9000, at: 3 }), ['10.0.0.1 close advanced 1']);
    assert.equal(engine.offerAll('7000,8000,9000', 10).at(-1), '10.0.0.1 open completed 3');
    engine.offer({ port: 9000, at: 20 });
    assert.equal(engine.offerAll('9000,8000,7000', 30).at(-1), '10.0.0.1 close completed 3');
  });
});

describe('a door listens', () => {
  test('to TCP packets that meet its flag rule alone; others do not spoil an attempt', () => {
    const rule = { mask: TCP_FLAG.syn | TCP_FLAG.ack, value: TCP_FLAG.syn };
    const engine = new TestEngine([door('syn', '7000,8000', { flags: rule })]);
    const { syn, ack, fin, psh } = TCP_FLAG;
    for (const flags of [syn | ack, ack, fin, 0]) {
      assert.deepEqual(engine.offer({ port: 7000, at: 0, flags }), ['ignored']);
    }
    engine.offer({ port: 7000, at: 1, flags: syn | psh });
    assert.deepEqual(engine.offer({ port: 7000, at: 2, flags: ack }), ['ignored']);
    assert.equal(engine.offer({ port: 8000, at: 3, flags: syn }).at(-1), '10.0.0.1 syn completed 2');
  });

  test('to UDP whatever its flag rule', () => {
    const engine = new TestEngine([door('syn', '7000:udp', { flags: { mask: 2, value: 2 } })]);
    assert.equal(engine.offer({ port: '7000:udp', at: 0 }).length, 2);
  });

  test('to packets for this host, or for its target alone', () => {
    const target = address('192.0.2.1');
    const engine = new TestEngine([door('own', '7000'), door('target', '7000', { target })]);
    const opened = (to: string, local: boolean): string[] =>
      engine.offer({ port: 7000, at: 0, to, local }).filter((line) => line.includes('completed'));
    assert.deepEqual(opened('10.0.0.254', true), ['10.0.0.1 own completed 1']);
    assert.deepEqual(opened('192.0.2.1', false), ['10.0.0.1 target completed 1']);
    assert.deepEqual(opened('192.0.2.1', true), ['10.0.0.1 own completed 1', '10.0.0.1 target completed 1']);
    assert.deepEqual(engine.offer({ port: 7000, at: 0, to: '192.0.2.2', local: false }), ['ignored']);
  });

  test('to its IPv6 target, and not to the IPv4 address in the same words', () => {
    const engine = new TestEngine([door('six', '7000', { target: address('::192.0.2.1') })]);
    assert.deepEqual(engine.offer({ port: 7000, at: 0, to: '192.0.2.1', local: true }), ['ignored']);
    const six = { port: 7000, at: 0, from: 'fd00::1', local: false };
    assert.equal(engine.offer({ ...six, to: '::192.0.2.1' }).length, 2);
    assert.deepEqual(engine.offer({ ...six, to: '1::192.0.2.1' }), ['ignored']);
  });

  test('an engine without doors ignores everything', () => {
    const engine = new TestEngine([]);
    assert.deepEqual(engine.offer({ port: 7000, at: 0 }), ['ignored']);
    assert.deepEqual(engine.expire(1e9), []);
    assert.equal(engine.engine.nextExpiry(), undefined);
  });
});
