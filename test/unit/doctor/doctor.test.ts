/** What rules do to a stranger's packet, and what a knock's traces tell. Real listings, abridged. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { judgeReachability, type OutsideEvidence } from '../../../src/core/doctor/judge-reachability.ts';
import { judgeStranger, type Question } from '../../../src/core/firewall/judge/judge-stranger.ts';
import { type RuleListings, readRuleset } from '../../../src/core/firewall/judge/read-ruleset.ts';
import type { Address } from '../../../src/core/net/address.ts';

type Packet = Pick<Question, 'family' | 'protocol' | 'port' | 'state'> & {
  readonly interfaces: readonly string[];
};

const PACKET: Packet = { family: 4, protocol: 'tcp', port: 22, state: 'new', interfaces: ['eth0'] };
const ADDRESSES = ['198.51.100.1', '2001:db8::1'].map((one) => one as Address);
const NO_RULES = { nft: undefined, iptables: [], ipsets: undefined };

function fateOf(listings: Partial<RuleListings>, { interfaces, ...packet }: Packet) {
  const entrances = interfaces.map((name) => ({ interface: name, addresses: ADDRESSES }));
  const routes = { routeTo: () => 'eth0' };
  return judgeStranger(readRuleset({ ...NO_RULES, ...listings }), { ...packet, entrances, routes });
}

const saved = (text: string) => ({ tool: 'iptables', family: 4, backend: 'nf_tables', text }) as const;

/** Rules of the table `filter` as `iptables -S` shows them, and the judge's word. */
function judge(rules: string, packet: Partial<Packet> = {}): string {
  const lines = rules.split('\n').map((line) => line.replace(/^-P (\S+) (\S+)$/, ':$1 $2 [0:0]'));
  return fateOf(
    { iptables: [saved(['*filter', ':A - [0:0]', ...lines].join('\n'))] },
    { ...PACKET, ...packet },
  ).kind;
}

describe('iptables', () => {
  const cases: readonly (readonly [
    name: string,
    rules: string,
    expected: string,
    packet?: Partial<Packet>,
  ])[] = [
    ['no rule', '-P INPUT ACCEPT', 'in'],
    ['policy', '-P INPUT DROP', 'dropped'],
    ['the port', '-P INPUT ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j DROP', 'dropped'],
    ['another port', '-P INPUT ACCEPT\n-A INPUT -p tcp -m tcp --dport 23 -j DROP', 'in'],
    ['another protocol', '-P INPUT ACCEPT\n-A INPUT -p udp -m udp --dport 22 -j DROP', 'in'],
    ['a range', '-P INPUT DROP\n-A INPUT -p tcp -m multiport --dports 80,20:30 -j ACCEPT', 'in'],
    [
      'somebody’s address',
      '-P INPUT DROP\n-A INPUT -s 192.0.2.1/32 -p tcp -m tcp --dport 22 -j ACCEPT',
      'dropped',
    ],
    ['loopback', '-P INPUT DROP\n-A INPUT -i lo -j ACCEPT', 'dropped'],
    ['not loopback', '-P INPUT ACCEPT\n-A INPUT ! -i lo -p tcp -m tcp --dport 22 -j REJECT', 'dropped'],
    ['interfaces by their beginning', '-P INPUT DROP\n-A INPUT -i eth+ -j ACCEPT', 'in'],
    [
      'one of two interfaces',
      '-P INPUT DROP\n-A INPUT -i eth0 -j ACCEPT',
      'in',
      { interfaces: ['eth0', 'eth1'] },
    ],
    [
      'established',
      '-P INPUT DROP\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
      'dropped',
    ],
    [
      'established, such a packet',
      '-P INPUT DROP\n-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT',
      'in',
      { state: 'established' },
    ],
    ['a limit', '-P INPUT DROP\n-A INPUT -m limit --limit 5/min -j ACCEPT', 'depends'],
    [
      'a chain that comes back',
      '-P INPUT DROP\n-A INPUT -j A\n-A INPUT -j ACCEPT\n-A A -p udp -j DROP',
      'in',
    ],
    ['a chain that returns', '-P INPUT ACCEPT\n-A INPUT -j A\n-A A -p tcp -j RETURN\n-A A -j DROP', 'in'],
    [
      'a chain that is gone to',
      '-P INPUT DROP\n-A INPUT -g A\n-A INPUT -j ACCEPT\n-A A -p udp -j ACCEPT',
      'dropped',
    ],
    ['a comment', '-P INPUT DROP\n-A INPUT -m comment --comment "-j DROP \\"x\\"" -j ACCEPT', 'in'],
    [
      'a set of sources',
      '-P INPUT DROP\n-A INPUT -m set --match-set bussa4-ssh-0123456789abcdef src -j ACCEPT',
      'dropped',
    ],
    ['a log goes on', '-P INPUT DROP\n-A INPUT -j LOG --log-prefix "a "\n-A INPUT -j ACCEPT', 'in'],
  ];
  for (const [name, rules, expected, packet] of cases) {
    test(name, () => assert.equal(judge(rules, packet), expected));
  }

  test('no listing throws', () => {
    const word = fc.constantFrom(
      '-A',
      '-P',
      'INPUT',
      '-j',
      '-g',
      'A',
      'DROP',
      '!',
      '-p',
      'tcp',
      '"',
      '--dport',
      '22',
      '\n',
      '-m',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string()), { maxLength: 40 }), (words) => {
        judge(words.join(' '));
      }),
    );
  });
});

describe('nftables', () => {
  const rule = (expr: readonly unknown[], chain = 'input', family = 'inet') => ({
    rule: { family, table: 't', chain, handle: 1, expr },
  });
  const base = (policy: string, more: object = {}) => ({
    chain: {
      family: 'inet',
      table: 't',
      name: 'input',
      type: 'filter',
      hook: 'input',
      prio: 0,
      policy,
      ...more,
    },
  });
  const dport = (right: unknown, op = '==') => ({
    match: { op, left: { payload: { protocol: 'tcp', field: 'dport' } }, right },
  });
  const fate = (objects: readonly unknown[], packet: Partial<Packet> = {}) =>
    fateOf({ nft: JSON.stringify({ nftables: objects }) }, { ...PACKET, ...packet }).kind;

  test('ports, sets of them, and what is not equal', () => {
    assert.equal(fate([base('drop'), rule([dport(22), { accept: null }])]), 'in');
    assert.equal(
      fate([base('drop'), rule([dport({ set: [80, { range: [20, 30] }] }), { accept: null }])]),
      'in',
    );
    assert.equal(fate([base('accept'), rule([dport(22, '!='), { drop: null }])]), 'in');
    assert.equal(fate([base('accept'), rule([dport(80, '!='), { drop: null }])]), 'dropped');
    assert.equal(fate([base('drop'), rule([dport('@ports'), { accept: null }])]), 'depends');
  });

  test('other families and hooks do not count; each chain on the way does', () => {
    assert.equal(fate([base('drop', { family: 'ip6' })]), 'in');
    assert.equal(fate([base('drop', { family: 'ip6' })], { family: 6 }), 'dropped');
    assert.equal(fate([base('drop', { hook: 'forward' })]), 'in');
    assert.equal(fate([base('drop', { hook: 'prerouting' }), base('accept')]), 'dropped');
  });

  test('flags of a first segment and of a later one', () => {
    const flags = (op: string) => ({
      match: {
        op,
        left: { '&': [{ payload: { protocol: 'tcp', field: 'flags' } }, { '|': ['syn', 'ack'] }] },
        right: 'syn',
      },
    });
    const closed = [base('drop'), rule([flags('!='), { accept: null }])];
    assert.equal(fate(closed), 'dropped');
    assert.equal(fate(closed, { state: 'established' }), 'in');
  });

  test('a translation before INPUT, by nftables and by iptables', () => {
    const nat = base('accept', { name: 'nat', type: 'nat', hook: 'prerouting', prio: -100 });
    const nft = JSON.stringify({ nftables: [nat, rule([dport(22), { dnat: { addr: '10.0.0.2' } }], 'nat')] });
    assert.equal(fateOf({ nft }, PACKET).translatedBy?.chain, 'nat');
    assert.equal(fateOf({ nft }, { ...PACKET, port: 23 }).translatedBy, undefined);
    const docker = saved(
      '*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n' +
        '-A DOCKER ! -i docker0 -p tcp -m tcp --dport 22 -j DNAT --to-destination 172.17.0.2:22\nCOMMIT\n',
    );
    assert.equal(fateOf({ iptables: [docker] }, PACKET).translatedBy?.chain, 'DOCKER');
    assert.equal(fateOf({ iptables: [docker] }, { ...PACKET, protocol: 'udp' }).translatedBy, undefined);
  });

  test('what is no such listing says nothing', () => {
    for (const nft of ['', '{', '[]', '{"nftables":1}', '{"nftables":[1,null,{"rule":2},{"chain":{}}]}']) {
      assert.equal(fateOf({ nft }, PACKET).kind, 'in');
    }
  });
});

test('the traces of a knock', () => {
  const evidence: OutsideEvidence = {
    profile: 'box',
    address: '203.0.113.1',
    port: 22,
    knocked: 1,
    notSent: [],
  };
  const silent = { kind: 'silent' } as const;
  const refused = { kind: 'refused' } as const;
  const cases: readonly (readonly [Partial<OutsideEvidence>, string])[] = [
    [{ notSent: ['EPERM'], knocked: 0 }, 'not-sent'],
    [{ knocked: 0, before: { kind: 'open' } }, 'not-hidden'],
    [{ before: silent, after: { kind: 'open' } }, 'opened'],
    [{ before: silent, after: refused }, 'opened-but-unreachable'],
    [{ before: silent, after: { kind: 'unreachable', code: 'EHOSTUNREACH' } }, 'opened-but-unreachable'],
    [{ before: refused, after: refused }, 'seen-but-wrong'],
    [{ before: { kind: 'unreachable', code: 'X' }, after: { kind: 'unreachable', code: 'X' } }, 'not-seen'],
    [{ before: silent, after: silent, knockPort: refused }, 'seen-but-wrong'],
    [{ before: silent, after: silent, knockPort: { kind: 'unreachable', code: 'X' } }, 'not-seen'],
    [{ before: silent, after: silent, knockPort: silent, answersPing: true }, 'not-seen-or-wrong'],
    [{ before: silent, after: silent, knockPort: silent, answersPing: false }, 'not-seen'],
  ];
  for (const [more, id] of cases)
    assert.equal(judgeReachability({ ...evidence, ...more }).id, id, JSON.stringify(more));
  const nat = judgeReachability({ ...evidence, before: silent, after: silent, source: '192.168.1.2' });
  assert.match(nat.message, /192\.168\.1\.2 is private, so that host sees another address/);
});
