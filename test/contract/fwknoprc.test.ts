/** .fwknoprc as Debian's fwknop reads it, beside what an import makes of it. The packet that fwknop makes is the judge. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import fc from 'fast-check';
import { HASH_NAMES } from '../../src/core/cipher/ciphers.ts';
import { setHost } from '../../src/core/client/edit-hosts.ts';
import type { ImportedProfile } from '../../src/core/client/import-stanza.ts';
import { parseFwknoprc } from '../../src/core/client/parse-fwknoprc.ts';
import { parseHosts } from '../../src/core/client/parse-hosts.ts';
import { profileOf } from '../../src/core/client/profile.ts';
import { renderAccessMessage } from '../../src/core/client/spa-access.ts';
import { SPA_MODES } from '../../src/core/spa/spa-credential.ts';
import { parseSpaKeys, renderSpaKeys } from '../../src/core/spa/spa-keys.ts';
import { digestName, readSpaMessage } from '../../src/core/spa/spa-message.ts';
import { openSpa } from '../../src/core/spa/spa-packet.ts';
import { nodeCiphers } from '../../src/host/crypto/node-ciphers.ts';
import { seeded } from '../lab/seed.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'bussa-fwknoprc-'));
after(() => rmSync(directory, { recursive: true }));

const rcFile = path.join(directory, 'fwknoprc');

/** The packet for the stanza `gate`, and to which port it would go. */
function packetOf(text: string): { readonly packet: string; readonly port: number } {
  writeFileSync(rcFile, text, { mode: 0o600 });
  const words = ['--rc-file', rcFile, '-n', 'gate', '--test', '--no-save-args', '-v'];
  const { stdout, stderr, status } = spawnSync('fwknop', words, {
    encoding: 'utf8',
    env: { HOME: directory, LOGNAME: 'nobody', PATH: process.env.PATH },
  });
  assert.equal(status, 0, `${text}\n${stdout}${stderr}`);
  const [, packet = ''] = /^ Final SPA Data: (.+)$/m.exec(stdout) ?? [];
  const [, port = ''] = /^ *destination port: (\d+)$/m.exec(stdout) ?? [];
  return { packet, port: Number(port) };
}

const maybe = <Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(values, { nil: undefined });

const settings = fc.record({
  KEY: maybe(fc.stringMatching(/^[a-z][a-zA-Z0-9!$%&()*,.:<>@_~-]{0,14}$/)),
  KEY_BASE64: maybe(
    fc
      .tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.constantFrom('', '='))
      .map(([key, pad]) => Buffer.from(key).toString('base64').replace(/=+$/, '') + pad.repeat(2)),
  ),
  HMAC_KEY_BASE64: maybe(
    fc.uint8Array({ minLength: 20, maxLength: 128 }).map((key) => Buffer.from(key).toString('base64')),
  ),
  HMAC_KEY: maybe(fc.stringMatching(/^[a-z][a-zA-Z0-9!+=/]{0,20}$/)),
  USE_HMAC: maybe(fc.constantFrom('Y', 'N')),
  HMAC_DIGEST_TYPE: maybe(fc.constantFrom(...HASH_NAMES)),
  DIGEST_TYPE: maybe(fc.constantFrom(...HASH_NAMES, 'SHA256')),
  ENCRYPTION_MODE: maybe(fc.constantFrom(...SPA_MODES, 'CBC')),
  FW_TIMEOUT: maybe(fc.integer({ min: 0, max: 65_536 })),
  TIME_OFFSET: maybe(fc.constantFrom('0', '60', '-2M', '3minutes', '1h', '-1Day', '-90s')),
  SPOOF_USER: maybe(fc.constantFrom('carol', "o'neil", '.dot', '-dash', 'a@b.example', '$x(y)%', '4')),
  ALLOW_IP: maybe(fc.constantFrom('192.0.2.7', 'source', 'SOURCE', '0.0.0.0')),
  ACCESS: maybe(fc.constantFrom('tcp/22', 'udp/53', 'tcp/22,udp/53,tcp/65535')),
  SPA_SERVER_PORT: maybe(fc.integer({ min: 1, max: 65_535 })),
});

const stanza = fc.record({
  settings,
  colon: fc.boolean(),
  gap: fc.constantFrom(' ', '\t', '     '),
  end: fc.constantFrom('', ';', ' ; mine', ' # mine', '  ', '\r'),
});

type Written = typeof stanza extends fc.Arbitrary<infer Value> ? Value : never;

const render = (one: Written): string =>
  Object.entries(one.settings)
    .flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}${one.colon ? ':' : ''}${one.gap}${value}${one.end}\n`],
    )
    .join('');

/** What fwknop refuses, or asks for at the terminal, is not generated. */
function repaired({ settings: common }: Written, { settings: own }: Written): string {
  const both = {
    ...common,
    ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)),
  };
  const hasHmac = both.HMAC_KEY !== undefined || both.HMAC_KEY_BASE64 !== undefined;
  const isLegacy = both.ENCRYPTION_MODE === 'legacy';
  const more = [
    'SPA_SERVER 127.0.0.1\n',
    ...(both.KEY === undefined && both.KEY_BASE64 === undefined ? ['KEY phrase\n'] : []),
    ...(both.ACCESS === undefined ? ['ACCESS tcp/22\n'] : []),
    ...(both.ALLOW_IP === undefined ? ['ALLOW_IP 192.0.2.9\n'] : []),
    ...(!hasHmac && both.USE_HMAC === 'Y' ? ['HMAC_KEY another\n'] : []),
    ...(isLegacy && (hasHmac || both.USE_HMAC === 'Y') ? ['ENCRYPTION_MODE cbc\n'] : []),
  ];
  return more.join('');
}

/** fwknop keeps offsets forward and back apart, so that those of two stanzas add up to something odd. */
const withoutOffset = ({ settings: own, ...rest }: Written): Written => ({
  ...rest,
  settings: { ...own, TIME_OFFSET: undefined },
});

function written(common: Written, own: Written, title: string): string {
  const more = repaired(common, own);
  return `# mine\n[${title}]\n${render(common)}\n[other]\nVERBOSE 0\n[gate]\n${render(own)}${more}`;
}

/** The profile as the client reads it from hosts.conf and its key file. */
function profileFrom({ name, lines, keys }: ImportedProfile) {
  const hosts = parseHosts('hosts.conf', Buffer.from(setHost('', name, lines)), () => undefined);
  assert.ok(hosts.kind === 'ok');
  const parsed = parseSpaKeys('keys', Buffer.from(renderSpaKeys(keys)));
  assert.ok(parsed.kind === 'ok');
  return { profile: profileOf(hosts.hosts, name), keys: parsed.keys };
}

suite('.fwknoprc', () => {
  test('means to an import what it means to fwknop', (t) => {
    fc.assert(
      fc.property(
        stanza.map(withoutOffset),
        stanza,
        fc.constantFrom('default', 'Default'),
        (common, own, title) => {
          const text = written(common, own, title);
          const now = Date.now();
          const { packet, port } = packetOf(text);
          const result = parseFwknoprc('rc', Buffer.from(text));
          assert.ok(result.kind === 'ok', `${text}${JSON.stringify(result)}`);
          const gate = result.imported.profiles.find(({ name }) => name === 'gate') ?? assert.fail(text);
          const { profile, keys } = profileFrom(gate);
          const opened = openSpa(nodeCiphers, keys.credential, packet);
          assert.equal(opened.kind, 'opened', text);
          if (opened.kind !== 'opened') return;
          const message = readSpaMessage(nodeCiphers, opened.text) ?? assert.fail(opened.text);
          const address = profile.spaAddress?.kind === 'address' ? profile.spaAddress.address : undefined;
          assert.equal(renderAccessMessage(address, profile.spa ?? []), message.message, text);
          assert.equal(profile.spaTimeout, message.timeout, text);
          assert.equal(profile.spaPort ?? 62_201, port, text);
          assert.equal(profile.spaUser ?? 'nobody', message.user, text);
          assert.ok(Math.abs(message.time - now - (profile.spaTimeOffset ?? 0)) < 20_000, text);
          const end = opened.text.lastIndexOf(':');
          const digest = opened.text.slice(end + 1);
          const names = [digestName(nodeCiphers, opened.text.slice(0, end), digest)];
          assert.ok(names.includes(keys.digest), text);
        },
      ),
      seeded(t, { numRuns: 40 }),
    );
  });
});
