import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  type BaseChain,
  chooseFirewall,
  type FirewallChoice,
  type FirewallFacts,
  type InputRules,
  warningsOf,
} from '../../../src/core/firewall/choose-firewall.ts';
import { readBaseChains, readEarlyChains } from '../../../src/core/firewall/read-base-chains.ts';

const rules = (family: 4 | 6, rules: number, closes: boolean): InputRules => ({
  variant: 'iptables',
  backend: 'nf_tables',
  family,
  rules,
  closes,
});
const legacy = (rules: number, closes: boolean): InputRules => ({
  variant: 'iptables-legacy',
  backend: 'legacy',
  family: 4,
  rules,
  closes,
});
const UNUSED = [rules(4, 0, false), rules(6, 0, false)];
const NFT_GONE: FirewallFacts['nftables'] = { kind: 'unavailable', why: 'no library' };
const chain = (
  family: BaseChain['family'],
  table: string,
  name: string,
  closes: boolean,
  path: BaseChain['path'] = 'input',
): BaseChain => ({
  path,
  family,
  table,
  chain: name,
  closes,
});
const listed = (...chains: readonly BaseChain[]): FirewallFacts['nftables'] => ({ kind: 'listed', chains });

/** The choice in short, and what its sentence must say. */
const HOSTS: readonly (readonly [string, FirewallFacts, string, RegExp])[] = [
  ['nothing at all', { nftables: listed(), iptables: [] }, 'own-table', /no firewall here closes/],
  ['iptables that nobody uses', { nftables: listed(), iptables: UNUSED }, 'own-table', /closes/],
  [
    'nftables with policy drop',
    { nftables: listed(chain('inet', 'filter', 'input', true)), iptables: UNUSED },
    'attach inet filter input',
    /inet filter input/,
  ],
  [
    'one chain for each family',
    {
      nftables: listed(chain('ip', 'fw', 'in', true), chain('ip6', 'fw', 'in', true)),
      iptables: [],
    },
    'attach ip fw in, ip6 fw in',
    /ip fw in, ip6 fw in/,
  ],
  [
    'nftables with policy drop, on the way through as well',
    {
      nftables: listed(
        chain('inet', 'filter', 'input', true),
        chain('inet', 'filter', 'forward', true, 'forward'),
        chain('inet', 'docker', 'forward', false, 'forward'),
      ),
      iptables: UNUSED,
    },
    'attach inet filter input, inet filter forward',
    /inet filter input, inet filter forward/,
  ],
  [
    'nftables with policy drop on the way through alone',
    { nftables: listed(chain('inet', 'filter', 'forward', true, 'forward')), iptables: UNUSED },
    'attach inet filter forward',
    /inet filter forward/,
  ],
  [
    'FORWARD of iptables with policy DROP, which nftables shows too',
    {
      nftables: listed(chain('inet', 'fw', 'in', true), chain('ip', 'filter', 'FORWARD', true, 'forward')),
      iptables: UNUSED,
    },
    'attach inet fw in',
    /inet fw in/,
  ],
  [
    'nftables that closes nothing',
    { nftables: listed(chain('inet', 'filter', 'input', false)), iptables: UNUSED },
    'own-table',
    /closes/,
  ],
  [
    'policy DROP of iptables, which nftables shows too',
    {
      nftables: listed(chain('ip', 'filter', 'INPUT', true), chain('ip6', 'filter', 'INPUT', true)),
      iptables: [rules(4, 3, true), rules(6, 3, true)],
    },
    'iptables',
    /IPv4 and IPv6/,
  ],
  [
    'a chain by that name that iptables cannot read',
    { nftables: listed(chain('ip', 'filter', 'INPUT', true)), iptables: [rules(6, 0, false)] },
    'attach ip filter INPUT',
    /ip filter INPUT/,
  ],
  [
    'rules of iptables alone, policy ACCEPT',
    { nftables: listed(chain('ip', 'filter', 'INPUT', false)), iptables: [rules(4, 2, false)] },
    'iptables',
    /has rules/,
  ],
  [
    'rules of iptables beside nftables that closes',
    { nftables: listed(chain('inet', 'fw', 'in', true)), iptables: [rules(4, 2, false)] },
    'attach inet fw in',
    /inet fw in/,
  ],
  [
    'both close',
    { nftables: listed(chain('inet', 'fw', 'in', true)), iptables: [rules(4, 2, true)] },
    'iptables',
    /beside it inet fw in of nftables/,
  ],
  [
    'iptables-legacy closes',
    { nftables: listed(), iptables: [...UNUSED, legacy(4, true)] },
    'iptables-legacy',
    /legacy/,
  ],
  [
    'iptables-legacy has rules',
    { nftables: listed(), iptables: [...UNUSED, legacy(4, false)] },
    'iptables-legacy',
    /legacy/,
  ],
  ['no nftables', { nftables: NFT_GONE, iptables: UNUSED }, 'iptables', /no library/],
  ['neither', { nftables: NFT_GONE, iptables: [] }, 'none', /no library/],
];

suite('the firewall of a host', () => {
  for (const [name, facts, expected, why] of HOSTS) {
    test(`${name}: ${expected}`, () => {
      const choice = chooseFirewall(facts);
      assert.equal(inShort(choice), expected);
      assert.match(choice.why, why);
    });
  }
});

suite('the chains of a ruleset', () => {
  const base = { family: 'inet', table: 'fw', name: 'in', type: 'filter', hook: 'input', prio: 0 };
  const rule = (...expr: readonly object[]): object => ({
    rule: { family: 'inet', table: 'fw', chain: 'in', expr },
  });
  const closes = (policy: string, ...after: readonly object[]): boolean | undefined =>
    readBaseChains(JSON.stringify({ nftables: [{ chain: { ...base, policy } }, ...after] }), 'bussa')?.[0]
      ?.closes;

  test('closed by policy, or by a last rule without a condition', () => {
    assert.equal(closes('drop'), true);
    assert.equal(closes('accept'), false);
    assert.equal(closes('accept', rule({ counter: null }, { log: null }, { drop: null })), true);
    assert.equal(closes('accept', rule({ reject: { type: 'icmpx' } })), true);
    assert.equal(closes('accept', rule({ match: {} }, { drop: null })), false);
    assert.equal(closes('accept', rule({ drop: null }), rule({ match: {} }, { accept: null })), false);
  });

  test('closed in a chain that its last rule goes on to without a condition', () => {
    const at = (chain: string, ...expr: readonly object[]): object => ({
      rule: { family: 'inet', table: 'fw', chain, expr },
    });
    const end = at('end', { match: {} }, { accept: null });
    const rest = [end, at('end', { reject: null })];
    assert.equal(closes('accept', rule({ jump: { target: 'end' } }), ...rest), true);
    assert.equal(closes('accept', rule({ counter: null }, { goto: { target: 'end' } }), ...rest), true);
    assert.equal(
      closes('accept', rule({ jump: { target: 'a' } }), at('a', { goto: { target: 'end' } }), ...rest),
      true,
    );
    assert.equal(closes('accept', rule({ match: {} }, { jump: { target: 'end' } }), ...rest), false);
    assert.equal(closes('accept', rule({ jump: { target: 'end' } }), end), false);
    assert.equal(closes('accept', rule({ jump: { target: 'none' } }), ...rest), false);
    assert.equal(closes('accept', rule({ jump: { target: 'in' } })), false, 'round and round');
  });

  test('what closes before all others', () => {
    const early = { chain: { ...base, name: 'raw', hook: 'prerouting', policy: 'drop' } };
    const open = { chain: { ...base, hook: 'prerouting', policy: 'accept' } };
    const json = JSON.stringify({ nftables: [early, open, { chain: { ...base, policy: 'drop' } }] });
    assert.deepEqual(readEarlyChains(json, 'bussa'), [{ family: 'inet', table: 'fw', chain: 'raw' }]);
    assert.deepEqual(readEarlyChains('{', 'bussa'), []);
    const facts = { kind: 'listed', chains: [], early: readEarlyChains(json, 'bussa') } as const;
    const [warning = '', ...others] = warningsOf({ nftables: facts, iptables: [] });
    assert.deepEqual(others, []);
    assert.match(
      warning,
      /^inet fw raw drops at prerouting.*`nft insert rule inet fw raw tcp dport 22 accept`/,
    );
  });

  test('only base chains at input and forward, none of Bussa’s own', () => {
    const chains = [
      { ...base, table: 'bussa', policy: 'drop' },
      { ...base, hook: 'output', policy: 'drop' },
      { ...base, type: 'nat', policy: 'accept' },
      { ...base, family: 'netdev', policy: 'drop' },
      { family: 'inet', table: 'fw', name: 'services' },
    ];
    const json = JSON.stringify({ nftables: [{ metainfo: {} }, ...chains.map((chain) => ({ chain }))] });
    assert.deepEqual(readBaseChains(json, 'bussa'), []);
    const through = { chain: { ...base, hook: 'forward', policy: 'drop' } };
    assert.deepEqual(readBaseChains(JSON.stringify({ nftables: [through] }), 'bussa'), [
      chain('inet', 'fw', 'in', true, 'forward'),
    ]);
  });

  test('what is no listing', () => {
    for (const text of ['', '{', 'null', '[]', '{"nftables": 1}', '7']) {
      assert.equal(readBaseChains(text, 'bussa'), undefined, text);
    }
    assert.deepEqual(readBaseChains('{"nftables": [null, 1, {"chain": 2}, {"rule": null}]}', 'bussa'), []);
  });
});

function inShort(choice: FirewallChoice): string {
  if (choice.kind === 'iptables') return choice.variant;
  if (choice.kind !== 'attach') return choice.kind;
  return `attach ${choice.points.map(({ family, table, chain }) => `${family} ${table} ${chain}`).join(', ')}`;
}
