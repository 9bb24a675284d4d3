import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderSetRemoval, renderSets, timeoutSeconds } from '../../../src/core/iptables/ipset-text.ts';
import { doorSet } from '../../../src/core/iptables/part-names.ts';
import type { Address } from '../../../src/core/net/address.ts';
import { millis } from '../../../src/core/net/time.ts';

test('a set is filled beside the one in use, and takes its place at once', () => {
  const grants = [
    { door: 'ssh', source: '10.0.0.1' as Address, left: millis(1500) },
    { door: 'ssh', source: 'fd00::1' as Address, left: millis(60_000) },
    { door: 'web', source: '10.0.0.2' as Address, left: millis(1) },
  ];
  const set = doorSet('ssh', 4);
  assert.equal(
    renderSets([4], ['ssh'], grants),
    `create ${set} hash:ip family inet maxelem 262144 timeout 0
create bussa4-new hash:ip family inet maxelem 262144 timeout 0
flush bussa4-new
add bussa4-new 10.0.0.1 timeout 2
swap bussa4-new ${set}
destroy bussa4-new
`,
  );
  assert.ok(renderSets([4, 6], ['ssh'], grants).includes('family inet6'));
  assert.ok(renderSets([4, 6], ['ssh'], grants).includes('add bussa6-new fd00::1 timeout 60\n'));
  assert.equal(renderSets([4, 6], [], grants), '');
});

test('a timeout is whole seconds, never for ever, never more than ipset counts', () => {
  assert.deepEqual(
    [0.1, 1000, 1001, 1e15].map((left) => timeoutSeconds(millis(left))),
    [1, 1, 2, 2_147_483],
  );
});

test('sets that no rule asks any more go; nobody else’s', () => {
  const [used, unused] = [doorSet('a', 4), doorSet('b', 6)];
  const asked = doorSet('c', 4);
  const listing = ['f2b-sshd', used, 'bussa4-new', 'bussa4', asked, unused]
    .map(
      (name) => `Name: ${name}\nType: hash:ip\nReferences: ${name === asked ? 1 : 0}\nNumber of entries: 1\n`,
    )
    .join('\n');
  assert.equal(renderSetRemoval(listing, new Set([used])), `destroy bussa4-new\ndestroy ${unused}\n`);
  assert.equal(renderSetRemoval('', new Set()), '');
});
