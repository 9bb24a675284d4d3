// The functions of the library that the npm package exports.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { knock, parseConfig, simulate, type TimelineEntry } from '../../src/app/library.ts';

const TEXT = '[ssh]\nsequence = 7000,8000:udp\nopen = tcp/22\nopen_for = 60\n';

function configOf(text: string) {
  const parsed = parseConfig(text);
  assert.ok(parsed.kind === 'ok');
  return parsed.config;
}

describe('knock', () => {
  test('a datagram arrives', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const arrived = once(socket, 'message');
    const result = await knock({ host: '127.0.0.1', knocks: [`${socket.address().port}:udp`] });
    assert.deepEqual(result, { sent: true });
    assert.deepEqual([...(await arrived)[0]], [0]);
    socket.close();
  });

  test('what the system has against it is in the result', async () => {
    const result = await knock({ host: '127.0.0.1', knocks: [7000], interfaceName: 'no-such-one' });
    assert.ok(!result.sent && /no-such-one/.test(result.reasons.join()));
  });

  for (const [name, request, message] of [
    ['a port that is none', { host: 'a', knocks: [70000] }, /'70000' is not a knock/],
    ['a protocol that is none', { host: 'a', knocks: ['7000:icmp'] }, /'7000:icmp' is not a knock/],
    ['no knocks', { host: 'a', knocks: [] }, /knocks is not a list of ports/],
    ['no host', { host: '', knocks: [1] }, /host is neither a name nor an address/],
    ['a time that is none', { host: 'a', knocks: [1], delayMs: -1 }, /delayMs is not a length of time/],
  ] as const) {
    test(`${name}: a TypeError`, () => assert.rejects(knock(request), { name: 'TypeError', message }));
  }
});

describe('parseConfig', () => {
  test('mistakes have their places, text and bytes are the same', () => {
    for (const source of ['[a]\nsequenc = 1\n', Buffer.from('[a]\nsequenc = 1\n')]) {
      const parsed = parseConfig(source, 'my.conf');
      assert.ok(parsed.kind === 'bad');
      assert.deepEqual(parsed.diagnostics[0]?.place, { file: 'my.conf', line: 2, column: 1 });
    }
  });
});

describe('simulate', () => {
  test('the right knocks open, and are reported step by step', async () => {
    const steps: TimelineEntry['kind'][] = [];
    const result = await simulate(
      configOf(TEXT),
      { knocks: [7000, '8000:udp'], from: '2001:db8::1' },
      ({ kind }) => steps.push(kind),
    );
    assert.ok(result.opened);
    assert.equal(result.verdicts[0]?.source, '2001:db8::1');
    assert.ok(steps.includes('packet') && steps.includes('outcome') && steps.at(-1) === 'end');
  });

  test('too slow a sequence does not, and it is said why', async () => {
    const result = await simulate(configOf(TEXT), { knocks: [7000, '8000:udp'], gapMs: 60_000 });
    assert.equal(result.opened, false);
    assert.match(result.verdicts[0]?.why ?? '', /limit/);
  });

  test('what cannot be understood or read is thrown', async () => {
    const config = configOf(TEXT);
    await assert.rejects(simulate(config, { knocks: [1], from: 'x' }), {
      name: 'TypeError',
      message: /from is not an address/,
    });
    await assert.rejects(
      simulate(config, { pcap: '/no/such/file' }),
      /no\/such\/file.*ENOENT|ENOENT.*no\/such\/file/,
    );
  });
});
