import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KnockRequest } from '../../../src/app/client/knocker.ts';
import { parseKnockOptions } from '../../../src/cli/knock/knock-options.ts';

function request(...args: string[]): KnockRequest {
  const command = parseKnockOptions(args);
  assert.equal(command.kind, 'knock', JSON.stringify(command));
  assert.ok(command.kind === 'knock');
  return command.request;
}

function steps(...args: string[]): string[] {
  return request(...args).steps.map(({ protocol, port }) => `${protocol} ${port}`);
}

function mistake(...args: string[]): string {
  const command = parseKnockOptions(args);
  assert.ok(command.kind === 'usage-error', JSON.stringify(command));
  return command.message;
}

describe('operands', () => {
  test('a host and its ports, TCP unless said otherwise', () => {
    assert.deepEqual(request('server', '7000', '8000:udp', '9000:tcp'), {
      host: 'server',
      delay: 0,
      steps: [
        { protocol: 'tcp', port: 7000 },
        { protocol: 'udp', port: 8000 },
        { protocol: 'tcp', port: 9000 },
      ],
    });
  });

  for (const [words, hint] of [
    [
      ['h', '1,2,3'],
      /^bad port '1,2,3': give a number from 1 to 65535; separate the ports with blanks, 1 2 3$/,
    ],
    [['h', '7000,8000:udp,9000'], /with blanks, 7000 8000:udp 9000$/],
    [['h', '1;2'], /with blanks, 1 2$/],
    [['h', '1:2:3'], /with blanks, 1 2 3$/],
    [['h', '7000:8000'], /with blanks, 7000 8000$/],
    [['h', '1|2'], /with blanks, 1 2$/],
    [['h', '1/2/3'], /with blanks, 1 2 3$/],
    [['h', '1 2 3'], /with blanks, 1 2 3$/],
    [['h', '1, 2'], /with blanks, 1 2$/],
    [['h', '1,', '2,', '3'], /separate the ports with blanks alone, write 1 without the ,$/],
    [['h', '7000:udp;', '8000'], /with blanks alone, write 7000:udp without the ;$/],
    [['h', '７０００，８０００'], /with blanks, 7000 8000$/],
    [['h', '７０００'], /write 7000 in plain digits$/],
    [['h', '7000-7003'], /a range is not a knock, separate the ports with blanks, 7000 7001 7002 7003$/],
    [['h', '7003-7001'], /with blanks, 7003 7002 7001$/],
    [['h', '1-65535'], /with blanks, 1 2 3 4 5 6 7 8 …$/],
    [['h', '7000/udp'], /write 7000:udp$/],
    [['h', 'udp/7000'], /write 7000:udp$/],
    [['h', 'tcp:7000'], /write 7000:tcp$/],
    [['7000', '8000', '9000'], /^the host is missing, '7000' is a port: give the host first, as in knock /],
    [['7000,8000,9000'], /^the host is missing, '7000,8000,9000' is a port/],
    [['7000:udp', '8000'], /^the host is missing/],
  ] as const) {
    test(`${words.join(' ')}: the error says what was meant`, () => {
      assert.match(mistake(...words), hint);
    });
  }

  test('hosts and services that have digits are no ports', () => {
    for (const host of ['10.0.0.1', '::1', 'fe80::1%eth0', '7.example.org', '70000', 'a-7000', '0', '3com'])
      assert.equal(request(host, '7000').host, host);
    assert.deepEqual(steps('h', 'http-alt', 'x11-6'), ['tcp http-alt', 'tcp x11-6']);
  });

  test('the protocol in any case', () => {
    assert.deepEqual(steps('h', '1:UDP', '2:Tcp', '3:uDp'), ['udp 1', 'tcp 2', 'udp 3']);
  });

  test('-u makes every knock a UDP one, as the C client has it, the explicit :tcp included', () => {
    assert.deepEqual(steps('-u', 'h', '1', '2:tcp', '3:udp'), ['udp 1', 'udp 2', 'udp 3']);
  });

  test('the ends of the range, leading zeros, service names', () => {
    assert.deepEqual(steps('h', '1', '65535', '0080', 'ssh', 'x11-1:udp'), [
      'tcp 1',
      'tcp 65535',
      'tcp 80',
      'tcp ssh',
      'udp x11-1',
    ]);
  });

  for (const port of ['0', '65536', '70000', '-0', '', '7000,8000', '1.5', '99999999999']) {
    test(`port '${port}' is refused`, () => {
      const message = mistake('h', '--', port);
      assert.ok(message.startsWith(`bad port '${port}': give a number from 1 to 65535`), message);
    });
  }

  for (const word of ['', 'tpc', 'sctp', 'udp:', 'udp:53', ' udp']) {
    test(`protocol '${word}' is refused`, () => {
      assert.match(mistake('h', `7000:${word}`), /bad protocol .*7000:tcp or :udp/);
    });
  }

  test('a missing host or port says which', () => {
    assert.match(mistake(), /no host was given/);
    assert.match(mistake('', '7000'), /no host was given/);
    assert.match(mistake('-v'), /no host was given/);
    assert.match(mistake('server'), /no port .* for host 'server'/);
  });
});

describe('options', () => {
  test('each of the C client, short and long', () => {
    for (const args of [
      ['-u', '-v', '-d', '250', '-4'],
      ['--udp', '--verbose', '--delay', '250', '--ipv4'],
      ['-uv4d250'],
      ['-vu4', '--delay=250'],
      ['--ud', '--verb', '--del', '250', '--ipv4'],
      ['--d=250', '--u', '-v4'],
    ]) {
      const command = parseKnockOptions([...args, 'h', '1']);
      assert.deepEqual(command, {
        kind: 'knock',
        verbose: true,
        request: { host: 'h', delay: 250, family: 4, steps: [{ protocol: 'udp', port: 1 }] },
      });
    }
  });

  test('mixed with the operands, up to --', () => {
    assert.deepEqual(request('h', '-d', '5', '1', '-u', '2'), request('-u', '-d5', 'h', '1', '2'));
    assert.deepEqual(steps('-u', '--', 'h', '1', '2'), ['udp 1', 'udp 2']);
    assert.equal(request('--', '-h', '1').host, '-h');
  });

  test('of -4 and -6 the last counts', () => {
    assert.equal(request('-4', '-6', 'h', '1').family, 6);
    assert.equal(request('-6', 'h', '1', '-4').family, 4);
    assert.equal(request('h', '1').family, undefined);
  });

  test('--interface and --timeout', () => {
    const { interfaceName, timeout } = request('--interface', 'eth0', '--timeout=2.5', 'h', '1');
    assert.equal(interfaceName, 'eth0');
    assert.equal(timeout, 2500);
  });

  test('help and version win over missing operands', () => {
    for (const word of ['-h', '--help', '--he']) assert.equal(parseKnockOptions([word]).kind, 'help');
    for (const word of ['-V', '--version']) assert.equal(parseKnockOptions([word]).kind, 'version');
    assert.equal(parseKnockOptions(['-vV']).kind, 'version');
  });

  test('an unknown, ambiguous or ill-valued option says which', () => {
    assert.match(mistake('-x', 'h', '1'), /unknown option '-x'/);
    assert.match(mistake('-5', 'h', '1'), /unknown option '-5'/);
    assert.match(mistake('--foo', 'h', '1'), /unknown option '--foo'/);
    assert.match(mistake('--no-udp', 'h', '1'), /unknown option '--no-udp'/);
    assert.match(mistake('--__proto__', 'h', '1'), /unknown option/);
    assert.match(mistake('--ver', 'h', '1'), /ambiguous: --verbose or --version/);
    assert.match(mistake('--udp=yes', 'h', '1'), /'--udp' takes no value/);
    assert.match(mistake('h', '1', '-d'), /'-d' needs a value/);
    assert.match(mistake('h', '1', '--timeout'), /'--timeout' needs a value/);
  });

  test('a value may begin with a dash, as getopt takes it, and is judged', () => {
    assert.match(mistake('-d', '-5', 'h', '1'), /bad delay '-5'/);
    assert.match(mistake('-d', '--udp', 'h', '1'), /bad delay '--udp'/);
  });

  for (const delay of ['', 'abc', '1.5', '2147483648', '1e3', ' 5']) {
    test(`delay '${delay}' is refused`, () =>
      assert.match(mistake(`--delay=${delay}`, 'h', '1'), /bad delay/));
  }

  for (const timeout of ['', '0', '0.0', '-1', 'abc', '9999999', '1e3']) {
    test(`timeout '${timeout}' is refused`, () => {
      assert.match(mistake(`--timeout=${timeout}`, 'h', '1'), /bad timeout/);
    });
  }

  for (const name of ['', 'a b', 'a/b', 'sixteen-letters-']) {
    test(`interface '${name}' is refused`, () => {
      assert.match(mistake(`--interface=${name}`, 'h', '1'), /bad interface/);
    });
  }
});
