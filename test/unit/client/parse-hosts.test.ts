import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseHosts } from '../../../src/core/client/parse-hosts.ts';
import { profileNames, profileOf } from '../../../src/core/client/profile.ts';
import { renderSequence } from '../../../src/core/door/sequence.ts';
import type { Port } from '../../../src/core/net/port.ts';
import { parseCard, renderCard } from '../../../src/core/signed/server-card.ts';
import { renderDiagnostic } from '../../../src/core/text/diagnostic.ts';
import { nodeCiphers } from '../../../src/host/crypto/node-ciphers.ts';

const readCard = (text: string) => parseCard(nodeCiphers, text);
const parse = (text: string) => parseHosts('hosts.conf', new TextEncoder().encode(text), readCard);

const CARD = renderCard(nodeCiphers, { port: 40_022 as Port, key: new Uint8Array(32).fill(7) });

function good(text: string) {
  const result = parse(text);
  assert.ok(result.kind === 'ok', JSON.stringify(result));
  return result;
}

const GOOD = `
# what is for all
Timeout 10s

Host ssh-box "two words"   # a comment
  HostName 203.0.113.5
  Port=2222
  KNOCK 7000 8000:udp 9000:TCP
  delay = 100ms
  AddressFamily inet
  Retries "0"

host *.example.org !bastion.example.org
  HostName %h.internal
  Port 22
  Knock 1 2 3
  Timeout 1m

Host *
  Port 2022
  Delay 0ms
  AddressFamily inet6
`;

describe('hosts.conf', () => {
  test('all that can be said of a host', () => {
    const { hosts, warnings } = good(GOOD);
    assert.deepEqual(warnings, []);
    const { knock, ...rest } = profileOf(hosts, 'SSH-box');
    assert.deepEqual(rest, {
      name: 'SSH-box',
      hostName: '203.0.113.5',
      port: 2222,
      delay: 100,
      family: 4,
      retries: 0,
      timeout: 10_000,
    });
    assert.ok(knock !== undefined);
    assert.equal(renderSequence(knock), '7000:tcp,8000:udp,9000:tcp');
    assert.equal(profileOf(hosts, 'two words').port, 2222);
  });

  test('wildcards and exclusions; the first value counts; defaults', () => {
    const { hosts } = good(GOOD);
    const web = profileOf(hosts, 'web.example.org');
    assert.deepEqual(
      [web.hostName, web.port, web.knock?.length, web.timeout, web.family],
      ['web.example.org.internal', 22, 3, 10_000, 6],
    );
    const bastion = profileOf(hosts, 'bastion.example.org');
    assert.deepEqual(
      [bastion.hostName, bastion.port, bastion.knock],
      ['bastion.example.org', 2022, undefined],
    );
    assert.deepEqual(profileOf({ blocks: [] }, 'a'), {
      name: 'a',
      hostName: 'a',

      retries: 3,
      timeout: 30_000,
    });
    assert.deepEqual(profileNames(hosts), ['ssh-box', 'two words']);
  });

  test('what a signed knock takes', () => {
    const { hosts } = good(`Host a
      Card ${CARD}
      IdentityFile "~/.ssh/my key.pub"
      IdentityAgent SSH_AUTH_SOCK
      Door ssh
      For 10m`);
    const { card, identityFile, identityAgent, door, openFor, knock } = profileOf(hosts, 'a');
    assert.deepEqual(
      { port: card?.port, key: Buffer.from(card?.key ?? []).toString('hex') },
      { port: 40_022, key: '07'.repeat(32) },
    );
    assert.deepEqual(
      { identityFile, identityAgent, door, openFor, knock },
      {
        identityFile: '~/.ssh/my key.pub',
        identityAgent: 'SSH_AUTH_SOCK',
        door: 'ssh',
        openFor: 600_000,
        knock: undefined,
      },
    );
  });

  test('a card with any one character changed, left out or added is a mistake with its place', () => {
    for (let at = 0; at < CARD.length; at++) {
      const other = CARD.charAt(at) === 'x' ? 'y' : 'x';
      for (const inPlace of [other, '', `${CARD.charAt(at)}x`]) {
        const text = CARD.slice(0, at) + inPlace + CARD.slice(at + 1);
        const result = parse(`Host a\n  Card ${text}`);
        assert.ok(result.kind === 'bad', text);
        assert.match(renderDiagnostic(result.diagnostics[0] as never), /hosts\.conf:2:8: .*bussa key show/);
      }
    }
  });

  test('% stands for itself where no h follows, and twice for once', () => {
    const { hosts } = good('Host a\nHostName fe80::1%eth0\nHost b\nHostName %%h.%h\n');
    assert.equal(profileOf(hosts, 'a').hostName, 'fe80::1%eth0');
    assert.equal(profileOf(hosts, 'b').hostName, '%h.b');
  });

  test('a keyword twice in a block: the first counts, with a warning', () => {
    const { hosts, warnings } = good('Host a\nPort 1\nport 2\n');
    assert.equal(profileOf(hosts, 'a').port, 1);
    assert.deepEqual(warnings.map(renderDiagnostic), [
      'hosts.conf:3:1: warning: Port is already at line 2, and the first counts',
    ]);
  });

  const mistakes: readonly (readonly [text: string, expected: string])[] = [
    ['Host', '1:1: Host has no name: write a name behind it, or * for all'],
    ['Host ""', '1:7: a name is missing here'],
    ['Host !a !b', '1:1: this Host only excludes names, and so matches none: add a *'],
    ['Knok 1', '1:1: unknown keyword "Knok": did you mean Knock?'],
    ['Host a\n  ProxyJump x', '2:3: unknown keyword "ProxyJump": there are Host, HostName, Port, Knock'],
    ['Port', '1:1: Port has no value: write one behind it, or remove the line'],
    ['Port 0', '1:6: "0" is not a port: it is a number from 1 to 65535'],
    ['Port 22 23', '1:9: Port takes one value: remove this, or put all of it in quotes'],
    ['Port "22', '1:6: the quote is not closed: put a " at the end of the word'],
    ['Host "a"b', '1:9: white space is missing behind the closing quote'],
    ['Knock 1,2,3', '1:7: ports are separated by white space here, as in Knock 7000 8000:udp 9000'],
    ['Knock 1 2:icmp', '1:11: unknown protocol "icmp": it is tcp or udp'],
    ['Knock 1 70000', '1:9: "70000" is not a port'],
    ['Card', '1:1: Card has no value: write one behind it, or remove the line'],
    ['Card bussa2-AAAA', '1:6: "bussa2-AAAA" is no card: it begins with bussa1-'],
    ['IdentityFile ""', '1:15: a path is missing here'],
    [`Door ${'x'.repeat(65)}`, '1:6: the name of this door is too long: it may have 64 bytes'],
    ['For 500ms', '1:5: "500ms" is not a valid length of time: write a number'],
    ['Delay 100', '1:7: "100" is not a valid length of time: write a number with its unit ms, s, m or h'],
    ['Timeout 0s', '1:9: "0s" is not a valid length of time'],
    ['Timeout 25h', '1:9: "25h" is not a valid length of time'],
    ['AddressFamily ipv4', '1:15: unknown address family "ipv4": it is any, inet (IPv4) or inet6 (IPv6)'],
    ['Retries many', '1:9: "many" is not a valid number: Retries is from 0 to 100'],
    ['HostName "a b"', '1:11: "a b" is not a host: write a name or an address'],
    ['Port 2\x1b[2K2', '1:7: control character "\\u{1b}": remove it, the file is plain text'],
  ];
  for (const [text, expected] of mistakes) {
    test(`a mistake: ${JSON.stringify(text)}`, () => {
      const result = parse(text);
      assert.ok(result.kind === 'bad');
      const [line = '', ...others] = result.diagnostics.map(renderDiagnostic);
      assert.deepEqual(others, []);
      assert.ok(line.startsWith(`hosts.conf:${expected}`), line);
    });
  }

  test('all mistakes at once, and none of encoding hides', () => {
    const bytes = Buffer.concat([Buffer.from('Prt 1\nHost \xff', 'latin1'), Buffer.from('\nPort x\n')]);
    const result = parseHosts('f', bytes, readCard);
    assert.ok(result.kind === 'bad');
    assert.deepEqual(
      result.diagnostics.map(({ place }) => place.line),
      [1, 2, 3],
    );
  });
});

describe('properties', () => {
  const word = fc.stringMatching(/^[a-z0-9.*?-]{0,12}$/);

  test('a pattern matches as the regular expression does that it stands for', () => {
    fc.assert(
      fc.property(word, fc.stringMatching(/^[a-c.-]{0,12}$/), (glob, name) => {
        fc.pre(glob !== '');
        const expression = glob.replaceAll(/[.-]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.');
        const { hosts } = good(`Host ${glob}\nPort 7\n`);
        assert.equal(profileOf(hosts, name).port === 7, new RegExp(`^${expression}$`).test(name));
      }),
      { numRuns: 2000 },
    );
  });

  test('no text throws, and every mistake has a place in it', () => {
    const piece = fc.constantFrom(
      'Host',
      'Knock',
      ' ',
      '=',
      '"',
      '#',
      '\n',
      '!',
      '*',
      '7000',
      ':udp',
      'é',
      '\0',
      '\t',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        const result = parse(text);
        const lines = text.split('\n');
        for (const { place } of result.kind === 'ok' ? result.warnings : result.diagnostics) {
          const line = lines[place.line - 1];
          assert.ok(line !== undefined && place.column >= 1 && place.column <= [...line].length + 1);
        }
        if (result.kind === 'ok') profileOf(result.hosts, 'a');
      }),
      { numRuns: 2000 },
    );
  });

  test('a pattern of many stars takes no time that grows with their number', () => {
    const { hosts } = good(`Host ${'*a'.repeat(2000)}*b\nPort 7\n`);
    const begun = performance.now();
    assert.equal(profileOf(hosts, 'a'.repeat(4000)).port, undefined);
    assert.ok(performance.now() - begun < 1000);
  });
});
