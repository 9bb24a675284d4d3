import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isServiceName, parseServices, servicePort } from '../../../src/core/net/services.ts';

const FILE = `# Network services, Internet style
tcpmux\t\t1/tcp\t\t\t\t# TCP port service multiplexer
discard\t\t9/tcp\t\tsink null
discard\t\t9/udp\t\tsink null
tftp\t\t69/udp
split           100/tcp
split           200/udp
echo\t\t4/ddp
later\t\t7/tcp
later\t\t8/tcp
#hidden 11/tcp
comment 12/tcp # alias-in-comment
zero\t\t0/tcp
huge\t\t70000/tcp
letters\t\tabc/tcp
slashes\t\t5/tcp/udp
alone
`;

describe('services(5)', () => {
  const services = parseServices(FILE);

  test('names and aliases have the port of their protocol', () => {
    assert.equal(servicePort(services, 'tcpmux', 'tcp'), 1);
    assert.equal(servicePort(services, 'null', 'udp'), 9);
    assert.equal(servicePort(services, 'split', 'tcp'), 100);
    assert.equal(servicePort(services, 'split', 'udp'), 200);
  });

  test('a service of the other protocol only keeps its number', () => {
    assert.equal(servicePort(services, 'tftp', 'tcp'), 69);
    assert.equal(servicePort(services, 'tcpmux', 'udp'), 1);
  });

  test('the first entry of a name counts', () => assert.equal(servicePort(services, 'later', 'tcp'), 7));

  for (const name of [
    'echo',
    'hidden',
    '#hidden',
    'alias-in-comment',
    'zero',
    'huge',
    'letters',
    'slashes',
    'alone',
    '',
  ]) {
    test(`'${name}' has no port to knock on`, () =>
      assert.equal(servicePort(services, name, 'tcp'), undefined));
  }

  test('names are words with a letter', () => {
    for (const name of ['ssh', 'x11-1', 'z3950', 'www-http', '3com-tsmux'])
      assert.ok(isServiceName(name), name);
    for (const name of ['', '22', '-1', 'a b', 'a/b', 'a#b', 'a,b', 'x'.repeat(256)])
      assert.ok(!isServiceName(name), name);
  });
});
