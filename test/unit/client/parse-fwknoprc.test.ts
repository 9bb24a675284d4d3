import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setHost } from '../../../src/core/client/edit-hosts.ts';
import { parseFwknoprc } from '../../../src/core/client/parse-fwknoprc.ts';
import { parseHosts } from '../../../src/core/client/parse-hosts.ts';
import { renderDiagnostic } from '../../../src/core/text/diagnostic.ts';

const KEY = 'KEY_BASE64 HvUtIOramehLGKimD4ECXOzinaH4h3U8H1WXum7b54Q=';
const HMAC =
  'HMAC_KEY_BASE64 DLeLf93a3yBT2vhEpM+dWlirGta5GU+jdyG5uXp4461HgOtbqMem4gX0Bp2PJGzYZlbbcavcOM00UPm+0GqkXA==';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function imported(text: string) {
  const result = parseFwknoprc('rc', bytesOf(text));
  if (result.kind === 'bad') assert.fail(result.diagnostics.map(renderDiagnostic).join('\n'));
  return result.imported;
}

function mistakes(text: string): readonly string[] {
  const result = parseFwknoprc('rc', bytesOf(text));
  return result.kind === 'ok' ? [] : result.diagnostics.map(renderDiagnostic);
}

suite('.fwknoprc', () => {
  test('what [default] and a stanza say becomes the lines of a profile that hosts.conf takes', () => {
    const { profiles, leftOut } = imported(`# of fwknop
[default]
DIGEST_TYPE sha512
FW_TIMEOUT 30
ALLOW_IP resolve
VERBOSE Y
[gate]
SPA_SERVER: 192.0.2.9 # a comment
ACCESS tcp/22,UDP/53
${KEY}
${HMAC}
USE_HMAC Y
HMAC_DIGEST_TYPE SHA3_256
ENCRYPTION_MODE CTR
SPA_SERVER_PORT 4000
TIME_OFFSET -2Min
SPOOF_USER carol
RESOLVE_URL ip.example.org/me
[addressed]
SPA_SERVER addressed
ACCESS udp/53
KEY phrase
ALLOW_IP 192.0.2.7
`);
    const [gate, addressed] = profiles;
    assert.deepEqual(gate?.lines, [
      ['HostName', '192.0.2.9'],
      ['Port', '22'],
      ['Spa', 'tcp/22 udp/53'],
      ['SpaAddress', 'resolve'],
      ['SpaResolveUrl', 'https://ip.example.org/me'],
      ['SpaPort', '4000'],
      ['SpaTimeout', '30s'],
      ['SpaTimeOffset', '-2m'],
      ['SpaUser', 'carol'],
    ]);
    assert.equal(gate?.keys.digest, 'sha512');
    assert.equal(gate?.keys.credential.mode, 'ctr');
    assert.deepEqual(
      [gate?.keys.credential.hmac?.name, gate?.keys.credential.hmac?.key.length],
      ['sha3_256', 64],
    );
    assert.deepEqual(addressed?.lines, [
      ['Spa', 'udp/53'],
      ['SpaAddress', '192.0.2.7'],
      ['SpaTimeout', '30s'],
    ]);
    assert.match(
      leftOut.map(({ stanza, what }) => `${stanza}: ${what}`).join('\n'),
      /^addressed: it has no HMAC key.*$/,
    );
    for (const { name, lines } of profiles)
      assert.equal(parseHosts('hosts', bytesOf(setHost('', name, lines)), () => undefined).kind, 'ok');
  });

  test('a stanza whose name cannot be that of a profile gets one that can', () => {
    const stanza = (name: string): string =>
      `[${name}]\nSPA_SERVER h\nACCESS tcp/22\nALLOW_IP source\n${KEY}\n${HMAC}\n`;
    const { profiles, leftOut } = imported(['my gate', 'all*', '!x', 'häuschen', '#'].map(stanza).join(''));
    assert.deepEqual(
      profiles.map(({ name }) => name),
      ['my_gate', 'all_', '_x', 'häuschen', '_'],
    );
    for (const { name, lines } of profiles) {
      assert.ok(lines.some(([keyword, value]) => keyword === 'HostName' && value === 'h'));
      assert.ok(leftOut.some(({ what }) => what === `its profile is called ${name}`) || name === 'häuschen');
      const hosts = parseHosts('hosts.conf', bytesOf(setHost('', name, lines)), () => undefined);
      assert.equal(hosts.kind, 'ok');
    }
  });

  test('whatever Bussa cannot do leaves out its stanza alone, with the reason', () => {
    const base = `SPA_SERVER h\nACCESS tcp/22\nALLOW_IP source\n${KEY}\n${HMAC}\n`;
    const kinds = {
      gpg: 'USE_GPG Y\nGPG_SIGNING_PW a-long-passphrase-that-is-no-key-of-fwknop',
      nat: 'NAT_ACCESS 10.0.0.5,22',
      local: 'NAT_LOCAL Y',
      random: 'RAND_PORT Y',
      http: 'SPA_SERVER_PROTO http',
      spoofed: 'SPOOF_SOURCE_IP 192.0.2.1',
      file: 'KEY_FILE /root/keys',
    };
    const text = Object.entries(kinds).map(([name, lines]) => `[${name}]\n${base}${lines}\n`);
    const bare = `[keyless]\nSPA_SERVER h\nACCESS tcp/22\n[hostless]\n${KEY}\nACCESS tcp/22\n`;
    const { profiles, leftOut } = imported(`${text.join('')}${bare}[good]\n${base}NAT_LOCAL N\nUSE_GPG n\n`);
    assert.deepEqual(
      profiles.map(({ name }) => name),
      ['good'],
    );
    assert.deepEqual(
      leftOut.map(({ stanza }) => stanza),
      [...Object.keys(kinds), 'keyless', 'hostless'],
    );
    for (const { what, line } of leftOut) assert.ok(/^left out: .+: .+/.test(what) && line > 0, what);
  });

  test('keys are judged in a stanza that is left out for another reason, but not those of GPG or of files', () => {
    const wrong = 'KEY_BASE64 @@@\nHMAC_DIGEST_TYPE sha9\nUSE_HMAC Y\n';
    const of = (line: string): readonly string[] =>
      mistakes(`[a]\nSPA_SERVER a.example.org\nACCESS tcp/22\n${line}\n${wrong}`).map(
        (told) => told.split(' ')[0] ?? '',
      );
    for (const line of ['NAT_LOCAL Y', 'RAND_PORT Y', 'SPA_SERVER_PROTO sctp', 'SPOOF_SOURCE_IP 192.0.2.1'])
      assert.deepEqual(of(line).slice(0, 2), ['rc:5:12:', 'rc:6:18:'], line);
    for (const line of ['USE_GPG Y', 'KEY_FILE /x', 'HMAC_KEY_FILE /x']) assert.deepEqual(of(line), [], line);
  });

  test('every mistake is reported once with its place, without keys', () => {
    const told = mistakes(`[default]
FW_TIMEOUT soon
[one]
SPA_SERVER h
ACCESS tcp/22,tcp/99999
KEY_BASE64 sec*ret
HMAC_KEY a passphrase
HMAC_DIGEST_TYPE sha257
SPA_SERVR x
[two
TIME_OFFSET -x
[b ad]
SPA_SERVER h
ACCESS tcp
ALLOW_IP example.org
ENCRYPTION_MODE gcm
SPA_SERVER_PORT 0
SPOOF_USER a:b
KEY ${'k'.repeat(33)}
`);
    const places = told.map((line) => /^rc:(\d+:\d+): /.exec(line)?.[1]);
    const expected = ['2:12', '5:15', '6:12', '7:12', '8:18', '9:1', '10:1', '11:13', '14:8', '15:10'];
    assert.deepEqual(places, [...expected, '16:17', '17:17', '18:12', '19:5'], told.join('\n'));
    assert.ok(!told.some((line) => /sec\*ret|passphrase"|kkk/.test(line)), told.join('\n'));
    assert.match(told.join('\n'), /did you mean SPA_SERVER\?/);
  });
});
