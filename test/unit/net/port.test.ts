import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parsePort } from '../../../src/core/net/port.ts';
import { parseProtocol } from '../../../src/core/net/protocol.ts';
import {
  ANY_FLAGS,
  meetsFlagRule,
  parseTcpFlagName,
  TCP_FLAG,
  withFlag,
} from '../../../src/core/net/tcp-flags.ts';

describe('a port', () => {
  for (const [text, port] of [
    ['1', 1],
    ['22', 22],
    ['65535', 65_535],
    ['00080', 80],
  ] as const) {
    test(`${text} is ${port}`, () => assert.equal(parsePort(text), port));
  }

  const mistakes = [
    '',
    '0',
    '00000',
    '65536',
    '70000',
    '99999',
    '100000',
    '000080',
    '-1',
    '+1',
    '1.0',
    '1e3',
    '0x50',
    'abc',
    ' 1',
    '1 ',
    '1\n',
    '٣',
  ];
  for (const text of mistakes) {
    test(`${JSON.stringify(text)} is none`, () => assert.equal(parsePort(text), undefined));
  }
});

test('a protocol, in any case', () => {
  assert.equal(parseProtocol('tcp'), 'tcp');
  assert.equal(parseProtocol('UDP'), 'udp');
  for (const text of ['', 'icmp', 'tcp ', 'tcpp', '6']) assert.equal(parseProtocol(text), undefined);
});

describe('TCP flags', () => {
  test('by name, in any case, and nothing that an object has by nature', () => {
    assert.equal(parseTcpFlagName('SYN'), 'syn');
    for (const text of ['', 'ece', 'constructor', 'toString', '__proto__'])
      assert.equal(parseTcpFlagName(text), undefined);
  });

  test('stand where RFC 9293 section 3.1 puts them', () => {
    assert.deepEqual(TCP_FLAG, { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32 });
  });

  test('a rule asks for some, forbids some, and leaves the others free', () => {
    const rule = withFlag(withFlag(ANY_FLAGS, 'syn', true), 'ack', false);
    const met = Array.from({ length: 64 }, (_, flags) => flags).filter((flags) => meetsFlagRule(rule, flags));
    assert.deepEqual(
      met,
      Array.from({ length: 64 }, (_, flags) => flags).filter(
        (flags) => (flags & 2) !== 0 && (flags & 16) === 0,
      ),
    );
    for (let flags = 0; flags < 64; flags++) assert.ok(meetsFlagRule(ANY_FLAGS, flags));
  });

  test('the later word on a flag counts', () => {
    assert.deepEqual(withFlag(withFlag(ANY_FLAGS, 'syn', true), 'syn', false), { mask: 2, value: 0 });
    assert.deepEqual(withFlag(withFlag(ANY_FLAGS, 'syn', false), 'syn', true), { mask: 2, value: 2 });
  });
});
