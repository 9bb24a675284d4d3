import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { renderBase64 } from '../../../src/core/bytes/base64.ts';
import { concatBytes } from '../../../src/core/bytes/concat-bytes.ts';
import { type Address, parseAddress } from '../../../src/core/net/address.ts';
import { parseAuthorizedKey } from '../../../src/core/ssh/authorized-key.ts';
import { readPublicKey } from '../../../src/core/ssh/public-key.ts';
import { compileSourcePatterns } from '../../../src/core/ssh/source-patterns.ts';
import { sshString } from '../../../src/core/ssh/ssh-writer.ts';

const BLOB = concatBytes(sshString('ssh-ed25519'), sshString(new Uint8Array(32).fill(7)));
const KEY = `ssh-ed25519 ${renderBase64(BLOB)}`;
const address = (text: string): Address => parseAddress(text) as Address;

function keyOf(line: string) {
  const reading = parseAuthorizedKey(line);
  if (reading.kind === 'bad') throw new Error(reading.reason);
  return reading;
}

/** The base point of P-256. */
const p256Point = (): Uint8Array =>
  concatBytes(
    Uint8Array.of(4),
    Buffer.from('6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296', 'hex'),
    Buffer.from('4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5', 'hex'),
  );

const reasonOf = (line: string): string => {
  const reading = parseAuthorizedKey(line);
  return reading.kind === 'bad' ? reading.reason : 'it was taken';
};

describe('a line of authorized_keys', () => {
  test('with and without options and a comment', () => {
    assert.equal(keyOf(KEY).key.comment, '');
    assert.equal(keyOf(`${KEY} alice@laptop at home`).key.comment, 'alice@laptop at home');
    const { key, notes } = keyOf(`no-touch-required,verify-required ${KEY} x`);
    assert.deepEqual([key.mayBeUntouched, key.mustBeVerified, notes], [true, true, []]);
  });

  test('from: prefixes, wildcards and refusals; names match nobody, and a warning says so', () => {
    const { key, notes } = keyOf(
      `from="192.0.2.0/24,!192.0.2.9,198.51.100.*,2001:db8::/32,*.example.org" ${KEY}`,
    );
    const admitted = [
      '192.0.2.7',
      '192.0.2.9',
      '198.51.100.200',
      '198.51.101.1',
      '2001:db8::5',
      '2001:db9::5',
    ];
    assert.deepEqual(
      admitted.filter((one) => key.admits?.(address(one))),
      ['192.0.2.7', '198.51.100.200', '2001:db8::5'],
    );
    assert.match(notes.join(), /\*\.example\.org is not an address, so it matches nobody/);
    assert.equal(
      compileSourcePatterns('!192.0.2.9').admits(address('192.0.2.7')),
      false,
      'refusals admit nobody',
    );
  });

  test('expiry-time in UTC and in the time of the host', () => {
    assert.equal(keyOf(`expiry-time="20270101Z" ${KEY}`).key.until, Date.UTC(2027, 0, 1));
    assert.equal(keyOf(`expiry-time="202701021530Z" ${KEY}`).key.until, Date.UTC(2027, 0, 2, 15, 30));
    for (const utc of ['z', 'UTC', 'utc'])
      assert.equal(
        keyOf(`expiry-time="20270102153020${utc}" ${KEY}`).key.until,
        Date.UTC(2027, 0, 2, 15, 30, 20),
      );
    assert.equal(
      keyOf(`expiry-time="20270102153020" ${KEY}`).key.until,
      new Date(2027, 0, 2, 15, 30, 20).getTime(),
    );
    for (const wrong of ['', '2027', '20271301', '20270230', '20270101U', '20270101UTCZ', '2027-01-01'])
      assert.match(reasonOf(`expiry-time="${wrong}" ${KEY}`), /expiry-time is not a time/, wrong);
  });

  test('options about logins have no effect, and a warning says so', () => {
    const { notes } = keyOf(`command="echo \\"hi, there\\"",no-pty,permitopen="a:1" ${KEY}`);
    assert.deepEqual(
      notes.map((note) => note.split(' ')[0]),
      ['command', 'no-pty', 'permitopen'],
    );
  });

  test('an unknown option is a warning; a misspelt restriction is a mistake, because it would restrict nothing', () => {
    const { notes } = keyOf(`bussa-door="ssh",frobnicate ${KEY}`);
    assert.deepEqual(
      notes.map((note) => note.split(' ')[0]),
      ['bussa-door', 'frobnicate'],
    );
    for (const [written, meant] of [
      ['verify-requird', 'verify-required'],
      ['form="192.0.2.1"', 'from'],
      ['expirytime="20270101"', 'expiry-time'],
      ['verify_required', 'verify-required'],
    ] as const)
      assert.match(reasonOf(`${written} ${KEY}`), new RegExp(`did you mean ${meant}\\?`), written);
  });

  test('touch and PIN: the last word counts, as in sshd', () => {
    const touched = (options: string) => keyOf(`${options} ${KEY}`).key.mayBeUntouched;
    assert.deepEqual(
      [touched('no-touch-required,touch-required'), touched('No-Touch-Required')],
      [false, true],
    );
    const verified = (options: string) => keyOf(`${options} ${KEY}`).key.mustBeVerified;
    assert.deepEqual(
      [verified('no-verify-required,verify-required'), verified('no-verify-required')],
      [true, false],
    );
  });

  test('what cannot be taken says why', () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      ['', /an option has no name/],
      ['ssh-ed25519', /the key is missing/],
      [`${KEY}!`, /missing or damaged/],
      [`ssh-rsa ${renderBase64(BLOB)}`, /says ssh-rsa/],
      [`from=192.0.2.0/24 ${KEY}`, /wants quotes/],
      [`cert-authority ${KEY}`, /certificates cannot knock/],
      ['-----BEGIN OPENSSH PRIVATE KEY-----', /private key/],
      [`ssh-dss ${renderBase64(sshString('ssh-dss'))}`, /DSA/],
      [`${KEY}${'A'.repeat(20_000)}`, /more than/],
      [`ssh-ed25519 ${renderBase64(concatBytes(BLOB, Uint8Array.of(0)))}`, /bytes behind the key/],
    ];
    for (const [line, expected] of cases) assert.match(reasonOf(line), expected, line.slice(0, 60));
  });
});

test('keys that no proof may rest on are refused', () => {
  const mpint = (bytes: Uint8Array): Uint8Array =>
    sshString((bytes[0] ?? 0) >= 0x80 ? concatBytes(Uint8Array.of(0), bytes) : bytes);
  const rsa = (exponent: Uint8Array, modulus: Uint8Array): string => {
    const reading = readPublicKey(concatBytes(sshString('ssh-rsa'), mpint(exponent), mpint(modulus)));
    return reading.kind === 'refused' ? reading.reason : 'taken';
  };
  const e = Uint8Array.of(1, 0, 1);
  assert.equal(rsa(e, new Uint8Array(256).fill(0xff)), 'taken');
  assert.match(rsa(e, new Uint8Array(128).fill(0xff)), /1024 bits/);
  assert.match(rsa(e, new Uint8Array(256).fill(0x7f)), /2047 bits/);
  assert.match(rsa(Uint8Array.of(1), new Uint8Array(256).fill(0xff)), /exponent/);
  assert.match(rsa(Uint8Array.of(4), new Uint8Array(256).fill(0xff)), /exponent/);
  assert.match(rsa(e, new Uint8Array(4096).fill(0xff)), /too large/);
  assert.equal(rsa(e, new Uint8Array(1024).fill(0xff)), 'taken');
  for (const length of [1025, 2048])
    assert.match(rsa(e, new Uint8Array(length).fill(0xff)), /does not fit into a knock, so at most 8192/);
  const whole = p256Point();
  const point = (length: number, first: number): string => {
    const bytes = Uint8Array.from({ length }, (_, at) => whole[at] ?? 9);
    bytes[0] = first;
    const blob = concatBytes(sshString('ecdsa-sha2-nistp256'), sshString('nistp256'), sshString(bytes));
    const reading = readPublicKey(blob);
    return reading.kind === 'refused' ? reading.reason : 'taken';
  };
  assert.equal(point(65, 4), 'taken');
  for (const [length, first] of [
    [33, 2],
    [65, 0],
    [64, 4],
    [1, 0],
    [0, 0],
  ] as const)
    assert.match(point(length, first), /uncompressed/);
});

describe('options that would let in more than their line says', () => {
  test('a list of sources twice, a flag with a value, a time that is none; of two ends the earlier counts', () => {
    assert.match(reasonOf(`from="192.0.2.1",from="0.0.0.0/0" ${KEY}`), /from is there twice/);
    for (const flag of ['no-touch-required', 'verify-required'])
      assert.match(reasonOf(`${flag}="no" ${KEY}`), /takes no value/);
    for (const time of ['202702012400', '202702010060', '20270201000060', '20270230'])
      assert.match(reasonOf(`expiry-time="${time}Z" ${KEY}`), /is not a time/, time);
    const ends = ['20270101Z', '20280101Z'].map((end) => `expiry-time="${end}"`);
    for (const both of [ends, ends.toReversed()])
      assert.equal(keyOf(`${both} ${KEY}`).key.until, Date.UTC(2027, 0, 1));
    assert.equal(keyOf(KEY.replace(' ', '\t')).key.comment, '');
  });

  test('quotes, backslashes and commas are read as sshd 9.2 reads them', () => {
    const admits = (options: string): boolean | string => {
      const reading = parseAuthorizedKey(`${options} ${KEY}`);
      return reading.kind === 'bad' ? reading.reason : (reading.key.admits?.(address('192.0.2.1')) ?? true);
    };
    // A real sshd has accepted or refused a login from 192.0.2.1 with each of them.
    const cases: readonly (readonly [string, boolean])[] = [
      [String.raw`command="a\\",no-pty"`, true],
      [String.raw`command="a\\" b",from="192.0.2.1"`, true],
      [String.raw`command="a\"b",from="192.0.2.7"`, false],
      [String.raw`command="x\y",from="192.0.2.7"`, false],
      ['from="192.0.2.1",', true],
      [',,from="192.0.2.7",,no-pty', false],
      ['from="192.0.2.1,"', false],
      ['from=",192.0.2.1"', false],
      ['from=""', false],
    ];
    for (const [options, expected] of cases) assert.equal(admits(options), expected, options);
    // sshd refuses the key.
    for (const options of [
      String.raw`command="a\\",from="192.0.2.1"`,
      String.raw`command="a\"`,
      String.raw`command="a\",from="192.0.2.1`,
    ])
      assert.equal(typeof admits(options), 'string', options);
  });

  test('patterns match what regular expressions do, and many stars cost nothing', () => {
    const signs = ['1', '*', '?', '.'];
    const more = (texts: readonly string[]) => texts.flatMap((text) => signs.map((sign) => text + sign));
    const patterns = more(more(more(more([''])))).filter((text) => /[*?]/.test(text));
    const sources = ['1', '1.1', '11.1', '1.1.1.1', '1.2.1', '21', '1111', '2.2', ''];
    for (const pattern of patterns) {
      const expression = new RegExp(
        `^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`,
      );
      for (const source of sources)
        assert.equal(
          compileSourcePatterns(pattern).admits(source as Address),
          expression.test(source),
          `${pattern} ${source}`,
        );
    }
    const hostile = `${'*1'.repeat(200)}2`;
    assert.equal(compileSourcePatterns(hostile).admits(address('1111:1111:1111::1111')), false);
  });
});
