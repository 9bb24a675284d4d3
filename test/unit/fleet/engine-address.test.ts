import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { type EngineAddress, parseEngine, renderEngine } from '../../../src/core/fleet/engine-address.ts';
import type { Port } from '../../../src/core/net/port.ts';

const read = (text: string): EngineAddress => {
  const reading = parseEngine(text);
  assert.equal(reading.kind, 'engine', `${text}: ${JSON.stringify(reading)}`);
  return (reading as { engine: EngineAddress }).engine;
};

const reason = (text: string): string => {
  const reading = parseEngine(text);
  assert.equal(reading.kind, 'bad', `${text}: ${JSON.stringify(reading)}`);
  return (reading as { reason: string }).reason;
};

suite('the engine of a fleet', () => {
  test('a server, by any of its schemes', () => {
    const place = { host: 'valkey.example.org', port: 6380 as Port };
    for (const scheme of ['valkeys', 'rediss', 'VALKEYS'])
      assert.deepEqual(read(`${scheme}://gw1@valkey.example.org:6380`), {
        kind: 'server',
        tls: true,
        place,
        user: 'gw1',
      });
    assert.deepEqual(read('valkeys://[2001:db8::1]'), {
      kind: 'server',
      tls: true,
      place: { host: '2001:db8::1', port: 6379 },
    });
  });

  test('without TLS only on this host', () => {
    for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '[::1]', '[0:0:0:0:0:0:0:1]'])
      assert.equal(read(`valkey://${host}`).kind, 'server');
    for (const host of [
      '192.0.2.1',
      'valkey.example.org',
      '[2001:db8::1]',
      '[::2]',
      '127.example.org',
      'localhost.example.org',
    ])
      assert.match(reason(`redis://${host}`), /without TLS/, host);
    assert.match(reason('valkey+sentinel://127.0.0.1,192.0.2.1/mymaster'), /without TLS.*192\.0\.2\.1/);
  });

  test('sentinels, and a socket', () => {
    assert.deepEqual(read('valkeys+sentinel://gw1@a,b:26380,[2001:db8::3]/mymaster'), {
      kind: 'sentinels',
      tls: true,
      places: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 26_380 },
        { host: '2001:db8::3', port: 26_379 },
      ],
      name: 'mymaster',
      user: 'gw1',
    });
    for (const text of ['unix:/run/v.sock', 'unix:///run/v.sock'])
      assert.deepEqual(read(text), { kind: 'socket', path: '/run/v.sock' });
    assert.deepEqual(read('unix://gw1@/run/v.sock'), { kind: 'socket', path: '/run/v.sock', user: 'gw1' });
  });

  test('a mistake has its remedy', () => {
    assert.match(reason('valkeys://gw1:secret@host'), /password.*fleet-engine/);
    assert.doesNotMatch(reason('valkeys://gw1:secret@host'), /secret/);
    for (const text of [
      '',
      'valkeys://',
      'http://a',
      'valkeys:a',
      'host:6379',
      'valkeys://a b',
      'unix:v.sock',
    ])
      assert.match(reason(text), /valkeys:\/\/USER@HOST/, text);
    for (const text of ['valkeys://a:0', 'valkeys://a:65536', 'valkeys://a:x'])
      assert.match(reason(text), /port/);
    assert.match(reason('valkeys+sentinel://a,b'), /primary is missing/);
    assert.match(reason('valkeys://a/1'), /database 0/);
    assert.match(reason('valkeys://2001:db8::1'), /brackets/);
  });

  test('what is written is read again, and no text throws', () => {
    const host = fc.constantFrom('a', 'valkey.example.org', '2001:db8::1', '10.0.0.1');
    const place = fc.record({ host, port: fc.integer({ min: 1, max: 65_535 }) }, { noNullPrototype: true });
    const user = fc.option(fc.stringMatching(/^[A-Za-z0-9_.-]{1,64}$/), { nil: undefined });
    const engine = fc.oneof(
      fc.record({ kind: fc.constant('server'), tls: fc.constant(true), place, user }),
      fc.record({
        kind: fc.constant('sentinels'),
        tls: fc.constant(true),
        places: fc.array(place, { minLength: 1, maxLength: 16 }),
        name: fc.stringMatching(/^[A-Za-z0-9_.-]{1,64}$/),
        user,
      }),
      fc.record({ kind: fc.constant('socket'), path: fc.stringMatching(/^\/[a-z][a-z/.]{0,50}$/), user }),
    );
    fc.assert(
      fc.property(engine, ({ user: who, ...rest }) => {
        const one = { ...rest, ...(who === undefined ? {} : { user: who }) } as unknown as EngineAddress;
        assert.deepEqual(read(renderEngine(one)), one);
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => ['engine', 'bad'].includes(parseEngine(text).kind)));
  });
});
