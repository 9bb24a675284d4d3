import assert from 'node:assert/strict';
import { readBaseChains } from '../../../src/core/firewall/read-base-chains.ts';
import { isOwnChain } from '../../../src/core/iptables/part-names.ts';
import {
  readForeignInput,
  readLeases,
  readOwnPart,
  sameStructure,
  setsInUse,
} from '../../../src/core/iptables/read-rules.ts';
import { renderRemoval } from '../../../src/core/iptables/restore-text.ts';
import { parseAddress } from '../../../src/core/net/address.ts';
import { parseServices } from '../../../src/core/net/services.ts';
import { readCorpus, texts } from '../corpus.ts';
import type { Target } from '../target.ts';

/** What the firewall's tools list, other programs' rules among it, and /etc/services. */
export function listingsTarget(): Target {
  return {
    name: 'listings',
    share: 6,
    material: { corpus: readCorpus('listings'), tokens: TOKENS, maxBytes: 65_536 },
    take: (bytes, length) => take(new TextDecoder().decode(bytes.slice(0, length))),
    allocates: true,
    close: () => undefined,
  };
}

function take(text: string): void {
  judgeOwnPart(text);
  const { rules } = readForeignInput(text);
  assert.ok(rules >= 0);
  for (const chain of readBaseChains(text, 'bussa') ?? []) assert.equal(typeof chain.closes, 'boolean');
  for (const port of Object.values(parseServices(text)).flatMap((ports) => [...ports.values()])) {
    assert.ok(Number.isInteger(port) && port >= 1 && port <= 65_535);
  }
}

/** Whatever is listed, only what is Bussa's own by its name is removed. */
function judgeOwnPart(text: string): void {
  const part = readOwnPart(text);
  assert.ok(part.chains.every(isOwnChain));
  assert.ok(sameStructure(part, readOwnPart(text)));
  assert.ok(setsInUse(part).every((name) => /^\S+$/.test(name)));
  for (const chain of part.chains) {
    for (const source of readLeases(part, chain)) assert.equal(parseAddress(source), source);
  }
  for (const line of (renderRemoval(part) ?? '').split('\n')) {
    const [command = '', chain = ''] = line.split(' ');
    if (command === '-X' || command === '-F') assert.ok(isOwnChain(chain), line);
    else assert.ok(/^(?:\*filter|COMMIT|:\S+ - \[0:0\]|-D (?:INPUT|FORWARD) -j BUSSA\S*|)$/.test(line), line);
  }
}

const TOKENS = texts(
  '\n',
  '-N BUSSA\n',
  '-N BUSSA-ssh-0123456789abcdef\n',
  '-A BUSSA ',
  '-A INPUT -j BUSSA\n',
  '-A INPUT -j DROP\n',
  '-P INPUT DROP\n',
  'bussa4-ssh-0123456789abcdef\n',
  ' --match-set bussa4-x ',
  ' -s 192.0.2.1/32 ',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  'null',
  '1e999',
  '"__proto__"',
  ' -m comment --comment "',
  '80/tcp',
);
