import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayBeTranslated } from '../../../src/core/client/bound-source.ts';
import { parseAddress } from '../../../src/core/net/address.ts';

const judge = (text: string): boolean => mayBeTranslated(parseAddress(text) ?? assert.fail(text));

test('private, shared, local and translated sources may arrive as others', () => {
  for (const text of [
    ...['10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', '100.64.0.1'],
    ...['100.127.255.255', '192.0.0.1', '169.254.1.1', '127.0.0.1', 'fc00::1', 'fdff::1', 'fe80::1', '::1'],
  ])
    assert.equal(judge(text), true, text);
});

test('public ones arrive as they are', () => {
  for (const text of [
    ...['9.255.255.255', '11.0.0.0', '172.15.255.255', '172.32.0.0', '192.167.255.255', '192.169.0.0'],
    ...['100.63.255.255', '100.128.0.0', '192.0.1.0', '203.0.113.7', '2001:db8::7', 'fe00::1', '2000::'],
  ])
    assert.equal(judge(text), false, text);
});
