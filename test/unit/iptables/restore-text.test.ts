import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { GatePorts } from '../../../src/core/iptables/gate-rules.ts';
import { doorChain, doorSet, isOwnChain, isOwnSet } from '../../../src/core/iptables/part-names.ts';
import {
  type OwnPart,
  readForeignInput,
  readLeases,
  readOwnPart,
  sameStructure,
  setsInUse,
} from '../../../src/core/iptables/read-rules.ts';
import {
  renderInstall,
  renderLeaseChanges,
  renderRemoval,
  renderReturn,
} from '../../../src/core/iptables/restore-text.ts';
import { type Address, parseAddress } from '../../../src/core/net/address.ts';
import type { Port } from '../../../src/core/net/port.ts';

const NOTHING = readOwnPart('-P INPUT DROP\n-A INPUT -i lo -j ACCEPT\n');
const SSH: GatePorts = {
  door: 'ssh',
  ports: [{ protocol: 'tcp', first: 22 as Port, last: 22 as Port, path: 'input' }],
  singleUse: false,
};
const HOSTILE = 'x\nCOMMIT\n*nat $(id) -j ACCEPT "';

suite('a door in chains and sets', () => {
  test('names: within the kernel’s bounds, recognised, one for each door', () => {
    const doors = ['ssh', 'SSH', 's s h', 's_s_h', '', 'ü'.repeat(300), HOSTILE, 'a-b', 'forward'];
    for (const door of doors) {
      assert.match(doorChain(door), /^BUSSA-[a-z0-9_]{0,5}-[0-9a-f]{16}$/);
      assert.match(doorSet(door, 6), /^bussa6-[a-z0-9_]{0,7}-[0-9a-f]{16}$/);
      assert.ok(doorChain(door).length <= 28 && doorSet(door, 4).length <= 31);
      assert.ok(isOwnChain(doorChain(door)) && isOwnSet(doorSet(door, 4)));
    }
    assert.equal(new Set(doors.map(doorChain)).size, doors.length);
    for (const foreign of ['BUSSARD', 'BUSSA-x', 'bussa4', 'bussa4-new2', 'my-bussa4-new']) {
      assert.ok(!isOwnChain(foreign) && !isOwnSet(foreign), foreign);
    }
  });

  test('established connections go on to the owner’s rules, except those that these rules end', () => {
    const accept = '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT';
    const drop = '-P INPUT DROP\n';
    const owners: readonly (readonly [string, ...(readonly string[])])[] = [
      ['-P INPUT ACCEPT', 'RETURN'],
      ['-P INPUT DROP', 'ACCEPT'],
      [`${drop}${accept}`, 'RETURN'],
      [
        `${drop}-A INPUT -m comment --comment "a \\"-j DROP\\"" -m state --state ESTABLISHED -j ACCEPT`,
        'RETURN',
      ],
      [`${drop}-A INPUT -i eth0 -m state --state ESTABLISHED -j ACCEPT`, '-i eth0 RETURN', 'ACCEPT'],
      [`${drop}-A INPUT ! -i eth0 -j ACCEPT`, '! -i eth0 RETURN', 'ACCEPT'],
      [
        `${drop}-A INPUT -d 10.0.0.9/32 -m state --state ESTABLISHED -j ACCEPT`,
        '-d 10.0.0.9/32 RETURN',
        'ACCEPT',
      ],
      [
        `${drop}-A INPUT -s 10.0.0.1/32 -m state --state ESTABLISHED -j ACCEPT`,
        '-s 10.0.0.1/32 RETURN',
        'ACCEPT',
      ],
      [`${drop}-A INPUT -m conntrack ! --ctstate INVALID,NEW -j ACCEPT`, 'RETURN'],
      [`${drop}-A INPUT -m conntrack ! --ctstate ESTABLISHED -j ACCEPT`, 'ACCEPT'],
      [`${drop}-A INPUT -p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT`, 'RETURN'],
      [`${drop}-A INPUT -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT`, 'ACCEPT'],
      [`${drop}-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT`, 'RETURN'],
      [`${drop}-A INPUT -p tcp -m tcp --dport 80 -m state --state ESTABLISHED -j ACCEPT`, 'ACCEPT'],
      [`${drop}-A INPUT -p udp -m state --state ESTABLISHED -j ACCEPT`, 'ACCEPT'],
      [`${drop}-A INPUT -i lo -j ACCEPT`, 'ACCEPT'],
      [`${drop}-A INPUT -m limit --limit 5/sec -j ACCEPT`, 'ACCEPT'],
      [`-P INPUT ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j DROP\n${accept}`, 'ACCEPT'],
      [
        `-P INPUT ACCEPT\n-A INPUT -i eth1 -p tcp -m tcp --dport 22 -j DROP\n${accept}`,
        '-i eth1 ACCEPT',
        'RETURN',
      ],
      [`${drop}-A INPUT -s 10.0.0.1/32 -j DROP`, '-s 10.0.0.1/32 RETURN', 'ACCEPT'],
      [
        '-P INPUT ACCEPT\n-A INPUT -p tcp -m multiport --dports 22,80 -j f2b\n-A f2b -s 10.0.0.1/32 -j DROP\n-A f2b -j RETURN',
        'RETURN',
      ],
      [
        `${drop}-A INPUT -j BUSSA\n-A INPUT -j ufw\n-A ufw -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
        'RETURN',
      ],
      [
        `${drop}-A INPUT -i eth0 -j zone\n-A zone -j deep\n-A deep -m state --state ESTABLISHED -j ACCEPT`,
        '-i eth0 RETURN',
        'ACCEPT',
      ],
      [`${drop}-A INPUT -i eth0 -j zone\n-A zone -i eth1 -j ACCEPT`, 'ACCEPT'],
      [`${drop}-A INPUT -j zone\n-A zone -i eth0 -j RETURN\n-A zone -j ACCEPT`, '! -i eth0 RETURN', 'ACCEPT'],
      [`${drop}-A INPUT -g zone\n${accept}\n-A zone -i eth0 -j ACCEPT`, '-i eth0 RETURN', 'ACCEPT'],
      [
        '-P INPUT ACCEPT\n-A INPUT -i eth0 -g rest\n-A rest -j REJECT --reject-with icmp-port-unreachable',
        '-i eth0 ACCEPT',
        'RETURN',
      ],
      [`${drop}-A INPUT -j round\n-A round -j round`, 'ACCEPT'],
    ];
    for (const [listing, ...verdicts] of owners) {
      const text = renderInstall(4, [SSH], [], 'sets', readOwnPart(listing));
      const passing = [
        ...text.matchAll(
          /^-A BUSSA (.*?)-p tcp -m tcp --dport 22 ! --tcp-flags SYN,ACK SYN -m conntrack --ctstate ESTABLISHED -j (\w+)$/gm,
        ),
      ];
      assert.deepEqual(
        passing.map(([, condition = '', verdict = '']) => `${condition}${verdict}`),
        verdicts,
        listing,
      );
    }
  });

  test('with sets: the whole part as one transaction', () => {
    const set = doorSet('ssh', 4);
    assert.equal(
      renderInstall(4, [SSH], [], 'sets', NOTHING),
      `*filter
:BUSSA - [0:0]
:BUSSA-TRANSLATED - [0:0]
-A BUSSA -p tcp -m tcp --dport 22 ! --tcp-flags SYN,ACK SYN -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A BUSSA -i lo -p tcp -m tcp --dport 22 -j RETURN
-A BUSSA ! -i lo -m conntrack --ctstate DNAT -j BUSSA-TRANSLATED
-A BUSSA -p tcp -m tcp --dport 22 -m set --match-set ${set} src -j ACCEPT
-A BUSSA -p tcp -m tcp --dport 22 --tcp-flags SYN,ACK SYN -j DROP
-A BUSSA-TRANSLATED -p tcp -m conntrack --ctorigdstport 22 --ctdir ORIGINAL -m set --match-set ${set} src -j ACCEPT
-A BUSSA-TRANSLATED -p tcp -m conntrack --ctorigdstport 22 --ctdir ORIGINAL -m tcp --tcp-flags SYN,ACK SYN -m conntrack --ctstate DNAT -j DROP
-I INPUT 1 -j BUSSA
COMMIT
`,
    );
  });

  test('with rules: leases in the door’s own chain, of this family, each once', () => {
    const sources = ['10.0.0.1', 'fd00::1', '10.0.0.1', '10.0.0.2'].map(address);
    const leases = sources.map((source) => ({ door: 'ssh', source }));
    const chain = doorChain('ssh');
    const lines = renderInstall(4, [SSH], leases, 'rules', NOTHING).split('\n');
    assert.deepEqual(
      lines.filter((line) => line.startsWith(`-A ${chain} `)),
      [`-A ${chain} -s 10.0.0.1 -j ACCEPT`, `-A ${chain} -s 10.0.0.2 -j ACCEPT`],
    );
    assert.ok(lines.includes(`-A BUSSA -p tcp -m tcp --dport 22 -j ${chain}`));
    const lease = { gate: SSH, source: address('10.0.0.3') };
    assert.equal(
      renderLeaseChanges([{ ...lease, until: '2026-11-28T05:00:00' }], [lease]),
      `*filter\n-A ${chain} -s 10.0.0.3 -m time --datestop 2026-11-28T05:00:00 -j ACCEPT\n-D ${chain} -s 10.0.0.3 -j ACCEPT\nCOMMIT\n`,
    );
  });

  test('two doors with one port: both let in before it is dropped once, the single use last', () => {
    const once: GatePorts = { ...SSH, door: 'once', singleUse: true };
    const rules = renderInstall(6, [once, SSH], [], 'sets', NOTHING).split('\n');
    const at = (text: string): number => rules.findIndex((line) => line.includes(text));
    assert.ok(at(doorSet('ssh', 6)) < at(doorSet('once', 6)));
    assert.ok(at(doorSet('once', 6)) < at('-j DROP'));
    assert.equal(rules.filter((line) => /^-A BUSSA .*-j DROP$/.test(line)).length, 1);
    assert.match(rules[at(doorSet('once', 6))] ?? '', /--rsource --remove -j ACCEPT$/);
  });

  test('a published port: by the port before the translation, and closed only where translated', () => {
    const port = { protocol: 'udp', first: 8000 as Port, last: 8010 as Port, path: 'forward' } as const;
    const text = renderInstall(4, [{ ...SSH, ports: [port] }], [], 'sets', NOTHING);
    const original = '-p udp -m conntrack --ctorigdstport 8000:8010 --ctdir ORIGINAL';
    assert.ok(
      text.includes(`-A BUSSA-FORWARD ${original} -m set --match-set ${doorSet('ssh', 4)} src -j ACCEPT`),
    );
    assert.ok(text.includes(`-A BUSSA-FORWARD ${original} -m conntrack --ctstate DNAT -j DROP`));
    assert.ok(text.includes('\n-I FORWARD 1 -j BUSSA-FORWARD\n'));
    const here = '-A BUSSA -p udp -m udp --dport 8000:8010';
    assert.ok(text.includes(`\n${here} -m set --match-set ${doorSet('ssh', 4)} src -j ACCEPT\n`));
    assert.ok(text.includes(`\n${here} -j DROP\n`), 'what this host listens on there itself too');
  });

  test('a door that cuts: no answer to what the service begins, but from its leases, and nothing begun by it', () => {
    const set = doorSet('ssh', 4);
    const cut = { ...SSH, closeKills: true };
    const answer = '! -i lo -p tcp -m tcp --dport 22 -m conntrack --ctdir REPLY';
    const lines = renderInstall(4, [cut, { ...SSH, door: 'other' }], [], 'sets', NOTHING).split('\n');
    assert.ok(lines.includes('-I OUTPUT 1 -j BUSSA-OUTPUT'));
    assert.deepEqual(
      lines.filter((line) => line.startsWith('-A BUSSA-OUTPUT ')),
      [
        '-A BUSSA-OUTPUT ! -o lo -p tcp -m tcp --sport 22 ! --tcp-flags SYN,ACK SYN -m conntrack --ctstate NEW -j DROP',
      ],
    );
    const rules = lines.filter((line) => line.startsWith('-A BUSSA '));
    assert.equal(rules[0], `-A BUSSA ${answer} -m set ! --match-set ${set} src -j DROP`);
    assert.deepEqual(
      rules.filter((line) => line.endsWith('-j DROP')).slice(1),
      ['-A BUSSA -p tcp -m tcp --dport 22 -j DROP'],
      'from the middle of a connection too, and once',
    );
    assert.deepEqual(
      renderInstall(4, [cut], [], 'rules', NOTHING)
        .split('\n')
        .filter((line) => line.includes('REPLY')),
      [`-A BUSSA ${answer} -j ${doorChain('ssh')}`, `-A BUSSA ${answer} -j DROP`],
    );
    const once = renderInstall(4, [{ ...cut, singleUse: true }], [], 'rules', NOTHING);
    assert.ok(!once.includes(`REPLY -j ${doorChain('ssh')}`), 'asking would use it up');
  });

  test('a door’s name never gets into the text', () => {
    const text = renderInstall(4, [{ ...SSH, door: HOSTILE }], [], 'rules', NOTHING);
    assert.match(text, /^\*filter\n(?:[:-][^\n"$]+\n)+COMMIT\n$/);
    assert.ok(!text.includes('nat'));
  });
});

suite('what is there already', () => {
  const STANDING = `-P INPUT DROP
-N BUSSA
-N BUSSA-old-0123456789abcdef
-N services
-A INPUT -i lo -j ACCEPT
-A INPUT -m comment --comment "not -j BUSSA" -j services
-A INPUT -j BUSSA
-A INPUT -j BUSSA
-A BUSSA -p tcp -m tcp --dport 22 -m set --match-set bussa4-x-0123456789abcdef src -j ACCEPT
-A BUSSA-old-0123456789abcdef -s 10.0.0.1/32 -j ACCEPT
-A BUSSA-old-0123456789abcdef -s 10.0.0.2/32 -m recent --remove --name x --rsource -j ACCEPT
-A services -p tcp -j ACCEPT
`;
  const standing = readOwnPart(STANDING);

  test('is read: chains, jumps, leases, sets; nothing of anybody else’s', () => {
    assert.deepEqual(standing.chains, ['BUSSA', 'BUSSA-old-0123456789abcdef']);
    assert.deepEqual(standing.jumps.INPUT, { count: 2, first: false });
    assert.deepEqual(standing.jumps.FORWARD, { count: 0, first: false });
    assert.deepEqual(
      [...readLeases(standing, 'BUSSA-old-0123456789abcdef')],
      ['10.0.0.1', '10.0.0.2'].map(address),
    );
    assert.deepEqual(setsInUse(standing), ['bussa4-x-0123456789abcdef']);
  });

  test('is replaced: jumps once and first, chains of doors that are no more go', () => {
    const lines = renderInstall(4, [SSH], [], 'sets', standing).split('\n');
    const from = lines.indexOf('-D INPUT -j BUSSA');
    assert.deepEqual(lines.slice(from, -2), [
      '-D INPUT -j BUSSA',
      '-D INPUT -j BUSSA',
      '-I INPUT 1 -j BUSSA',
      '-F BUSSA-old-0123456789abcdef',
      '-X BUSSA-old-0123456789abcdef',
    ]);
  });

  test('a jump that stands as it should is left alone', () => {
    const good = readOwnPart('-N BUSSA\n-A INPUT -j BUSSA\n-A INPUT -i lo -j ACCEPT\n');
    assert.ok(!renderInstall(4, [SSH], [], 'sets', good).includes('INPUT'));
  });

  test('is removed: that and nothing else; nothing where there is nothing', () => {
    assert.equal(
      renderRemoval(standing),
      `*filter
-D INPUT -j BUSSA
-D INPUT -j BUSSA
-F BUSSA
-F BUSSA-old-0123456789abcdef
-X BUSSA
-X BUSSA-old-0123456789abcdef
COMMIT
`,
    );
    assert.equal(renderRemoval(NOTHING), undefined);
  });

  test('is brought back', () => {
    const now = readOwnPart('-N BUSSA\n-N BUSSA-FORWARD\n-A INPUT -j BUSSA\n-A FORWARD -j BUSSA-FORWARD\n');
    const lines = renderReturn(standing, now).split('\n');
    assert.ok(lines.includes('-A BUSSA-old-0123456789abcdef -s 10.0.0.1/32 -j ACCEPT'));
    assert.ok(lines.includes('-D FORWARD -j BUSSA-FORWARD') && lines.includes('-X BUSSA-FORWARD'));
    assert.deepEqual(renderReturn(NOTHING, now).split('\n').slice(1, -2), [
      '-D INPUT -j BUSSA',
      '-D FORWARD -j BUSSA-FORWARD',
      '-F BUSSA',
      '-F BUSSA-FORWARD',
      '-X BUSSA',
      '-X BUSSA-FORWARD',
    ]);
  });

  test('is compared: rules, jumps and their place, not leases', () => {
    const change = (from: string, to: string): OwnPart => readOwnPart(STANDING.replace(from, to));
    assert.ok(sameStructure(standing, change('10.0.0.1/32', '10.0.0.9/32')));
    assert.ok(sameStructure(standing, change('-A services -p tcp -j ACCEPT\n', '')));
    assert.ok(!sameStructure(standing, change('--dport 22', '--dport 23')));
    assert.ok(!sameStructure(standing, change('-A INPUT -j BUSSA\n', '')));
    assert.ok(!sameStructure(standing, change('-A INPUT -i lo -j ACCEPT\n', '-A INPUT -j BUSSA\n')));
  });

  test('somebody else’s INPUT: how many rules, and whether it closes', () => {
    assert.deepEqual(readForeignInput(STANDING), { rules: 2, closes: true });
    const leftover = '-P INPUT ACCEPT\n-A INPUT -j BUSSA\n-A INPUT -j bussa_input\n';
    assert.deepEqual(readForeignInput(leftover), { rules: 0, closes: false });
    const rules = (last: string): string => `-P INPUT ACCEPT\n-A INPUT -i lo -j ACCEPT\n${last}\n`;
    for (const last of [
      '-A INPUT -j DROP',
      '-A INPUT -j REJECT --reject-with icmp-port-unreachable',
      '-A INPUT -m comment --comment "the end, \\"really\\"" -j DROP',
    ]) {
      assert.deepEqual(readForeignInput(rules(last)), { rules: 2, closes: true }, last);
    }
    for (const last of ['-A INPUT -p tcp -j DROP', '-A INPUT -s 10.0.0.1/32 -j REJECT', '-A INPUT -j LOG']) {
      assert.deepEqual(readForeignInput(rules(last)), { rules: 2, closes: false }, last);
    }
  });
});

function address(text: string): Address {
  const parsed = parseAddress(text);
  assert.ok(parsed !== undefined);
  return parsed;
}
