/** What `knock` puts on the wire, beside the C client. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { C_KNOCK, KNOCK } from '../lab/knockd.ts';
import { CLIENT, SERVER, SERVER6 } from '../lab/wire.ts';
import { sentDuring } from './knock-capture.ts';
import { brief, type Ended, KnockFixture, SERVER_LINK } from './knock-fixture.ts';

let stage: KnockFixture;

before(async () => {
  stage = await KnockFixture.create();
});

after(() => stage[Symbol.asyncDispose]());

describe('the same packets as the C client, byte for byte', () => {
  const HOSTS = `${SERVER} both.test\n${SERVER6} both.test\n`;
  const CASES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['TCP', [SERVER, '7000', '8000', '9000'], ['tcp port 7000', 'tcp port 8000', 'tcp port 9000']],
    ['UDP by -u', ['-u', SERVER, '7000', '8000:tcp'], ['udp port 7000', 'udp port 8000']],
    ['mixed', [SERVER, '1', '2:udp', '65535:tcp'], ['tcp port 1', 'udp port 2', 'tcp port 65535']],
    ['the same port again', [SERVER, '7', '7', '7'], ['tcp port 7', 'tcp port 7', 'tcp port 7']],
    ['options among operands', [SERVER, '7', '-d', '1', '8', '-u'], ['udp port 7', 'udp port 8']],
    ['abbreviated options', ['--ud', '--del=1', SERVER, '7'], ['udp port 7']],
    ['IPv6', [SERVER6, '7000', '8000:udp', '9000'], ['tcp port 7000', 'udp port 8000', 'tcp port 9000']],
    ['IPv6 UDP', ['-6', '-u', SERVER6, '7000'], ['udp port 7000']],
    ['a name', ['both.test', '7000', '8000:udp'], ['tcp port 7000', 'udp port 8000']],
    ['a name, -4', ['-4', 'both.test', '7000'], ['tcp port 7000']],
    ['a name, -6', ['-6', 'both.test', '7000:udp'], ['udp port 7000']],
    ['-4 and -6, of which the last counts', ['-6', '-4', 'both.test', '7000'], ['tcp port 7000']],
    ['service names', [SERVER, 'ssh', 'domain:udp', 'tftp'], ['tcp port 22', 'udp port 53', 'tcp port 69']],
    ['an address in its short form', ['10.7.1', '7000'], ['tcp port 7000']],
  ];

  for (const [name, args, expected] of CASES) {
    test(name, async () => {
      const theirs = await stage.sent(...stage.withFile('/etc/hosts', HOSTS, [C_KNOCK, ...args]));
      const mine = await stage.sent(...stage.withFile('/etc/hosts', HOSTS, [...KNOCK, ...args]));
      assert.deepEqual(brief(mine.texts), expected);
      assert.deepEqual(mine.texts, theirs.texts);
      assert.deepEqual(mine.ended, { status: 0, stdout: '', stderr: '' });
    });
  }

  test('a link-local address with its zone', async () => {
    const args = [`${SERVER_LINK}%eth0`, '7000', '8000:udp'];
    const theirs = await stage.sent(C_KNOCK, ...args);
    const mine = await stage.sent(...KNOCK, ...args);
    assert.deepEqual(brief(mine.texts), ['tcp port 7000', 'udp port 8000']);
    assert.deepEqual(mine.texts, theirs.texts);

    const bound = await stage.sent(...KNOCK, '--interface', 'eth0', SERVER_LINK, '7000', '8000:udp');
    assert.deepEqual(bound.texts, theirs.texts);
  });

  test('-v prints the same lines', async () => {
    const args = ['-v', SERVER, '7000', '8000:udp', 'ssh'];
    const theirs = await stage.run(C_KNOCK, ...args);
    assert.deepEqual(await stage.ours(...args), theirs);
    assert.match(
      theirs.stdout,
      /^hitting tcp 10\.7\.0\.1:7000\nhitting udp 10\.7\.0\.1:8000\nhitting tcp .*:ssh\n$/,
    );
    assert.deepEqual(await stage.ours('-v', SERVER6, '7'), await stage.run(C_KNOCK, '-v', SERVER6, '7'));
  });
});

test('a protocol in capitals is UDP, where the C client sends TCP', async () => {
  assert.deepEqual(brief((await stage.sent(...KNOCK, SERVER, '7000:UDP')).texts), ['udp port 7000']);
  assert.deepEqual(brief((await stage.sent(C_KNOCK, SERVER, '7000:UDP')).texts), ['tcp port 7000']);
});

test('-d waits between knocks, and not after the last', async () => {
  const { times, texts } = await stage.sent(...KNOCK, '-d', '300', SERVER, '7000', '8000:udp', '9000');
  assert.equal(texts.length, 3);
  for (const [i, time] of times.entries()) {
    if (i > 0)
      assert.ok(time - (times[i - 1] as number) >= 299, `gap ${i}: ${time - (times[i - 1] as number)} ms`);
  }
  await using endless = stage.client.start(
    ...(KNOCK as [string, ...string[]]),
    '-d',
    '2000000000',
    SERVER,
    '7000',
  );
  assert.deepEqual(await endless.exited, { code: 0, signal: null });
});

test('--interface sends there whatever the routes say', async () => {
  for (const args of [
    ['7000', '8000:udp'],
    ['-u', '7000'],
  ]) {
    let ended: Ended | undefined;
    const other = await sentDuring(stage.client, stage.directory, 'eth1', '10.8.0.1', async () => {
      const usual = await stage.sent(...KNOCK, '--interface', 'eth1', SERVER, ...args);
      assert.deepEqual(usual.texts, []);
      ended = usual.ended;
    });
    const expected = args[0] === '-u' ? ['udp port 7000'] : ['tcp port 7000', 'udp port 8000'];
    assert.deepEqual(brief(other.map(({ text }) => text)), expected);
    assert.equal(ended?.status, 0);
  }
});

test('a refused knock has left: loopback answers before connect returns', async () => {
  assert.deepEqual(await stage.ours('127.0.0.1', '7000', '8000:udp'), { status: 0, stdout: '', stderr: '' });
  assert.deepEqual(await stage.ours('::1', '7000', '8000:udp'), { status: 0, stdout: '', stderr: '' });
});

test('SIGUSR1 does nothing, where Node.js would open a debugger', async () => {
  const command = KNOCK.filter((word) => word !== '--disable-sigusr1') as [string, ...string[]];
  await using program = stage.client.start(...command, '-v', '-d', '700', CLIENT, '7000', '8000');
  await program.saw(/hitting tcp 10\.7\.0\.2:7000/);
  program.signal('SIGUSR1');
  assert.deepEqual(await program.exited, { code: 0, signal: null });
  assert.equal(program.output, 'hitting tcp 10.7.0.2:7000\nhitting tcp 10.7.0.2:8000\n');
});
