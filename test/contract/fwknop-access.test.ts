/** access.conf as Debian's fwknopd reads it, beside what an import makes of it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import fc from 'fast-check';
import { planAccess } from '../../src/core/fwknop/plan-access.ts';
import { AccessReader } from '../../src/core/fwknop/read-access.ts';
import { seeded } from '../lab/seed.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'bussa-access-'));
after(() => rmSync(directory, { recursive: true }));

const at = (name: string): string => path.join(directory, name);

/** What fwknopd says of each stanza, by the names of the settings. */
function dumpOf(text: string): readonly ReadonlyMap<string, string>[] {
  writeFileSync(at('access.conf'), text, { mode: 0o600 });
  writeFileSync(at('fwknopd.conf'), 'PCAP_INTF lo;\n', { mode: 0o600 });
  const said = execFileSync('/usr/sbin/fwknopd', ['-D', '-a', at('access.conf'), '-c', at('fwknopd.conf')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return said
    .split(/^SOURCE \(\d+\):/m)
    .slice(1)
    .map(
      (part) =>
        new Map(
          [...part.matchAll(/^ *([A-Z0-9_]+): {2}(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
        ),
    );
}

const stanza = fc.record({
  colon: fc.boolean(),
  /** fwknopd takes a blank in front of a semicolon for part of the value, which only a passphrase can have. */
  end: fc.constantFrom('', ';', ' ;', '; # a comment', '  '),
  key: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  ports: fc.uniqueArray(fc.tuple(fc.constantFrom('tcp', 'udp'), fc.integer({ min: 1, max: 65_535 })), {
    minLength: 1,
    maxLength: 4,
  }),
  gap: fc.constantFrom(',', ', ', ' , '),
  openFor: fc.option(fc.integer({ min: 1, max: 299 })),
  most: fc.option(fc.integer({ min: 300, max: 4000 })),
  user: fc.option(fc.stringMatching(/^[a-z]{1,12}$/)),
  source: fc.constantFrom('Y', 'N', undefined),
  /** Blanks behind it belong to it. */
  passphrase: fc.option(fc.stringMatching(/^[a-z][a-z #]{0,20}$/)),
});

suite('access.conf', () => {
  test('means to an import what it means to fwknopd', (t) => {
    fc.assert(
      fc.property(
        fc.uniqueArray(stanza, { minLength: 1, maxLength: 4, selector: ({ key }) => key.join() }),
        (written) => {
          const text = written
            .map(({ colon, end, key, ports, gap, openFor, most, user, source, passphrase }) =>
              Object.entries({
                SOURCE: 'ANY',
                ...(passphrase === null
                  ? { KEY_BASE64: Buffer.from(key).toString('base64') }
                  : { KEY: passphrase }),
                // fwknopd refuses two keys that are the same.
                HMAC_KEY_BASE64: Buffer.from(key.map((byte) => byte ^ 1)).toString('base64'),
                OPEN_PORTS: ports.map((one) => one.join('/')).join(gap),
                FW_ACCESS_TIMEOUT: openFor,
                MAX_FW_TIMEOUT: most,
                REQUIRE_USERNAME: user,
                REQUIRE_SOURCE_ADDRESS: source,
              })
                .flatMap(([name, value]) =>
                  value == null
                    ? []
                    : [`${name}${colon ? ':' : ''}   ${value}${name === 'KEY' ? end : end.trim()}\n`],
                )
                .join(''),
            )
            .join('\n');
          const reader = new AccessReader(() => 'none');
          reader.read('access.conf', new TextEncoder().encode(text));
          const plan = planAccess(reader.stanzas, {
            doorNames: [],
            userNames: [],
            keyOwners: new Map(),
            ports: [],
          });
          assert.deepEqual(reader.diagnostics, [], text);
          const judge = dumpOf(text);
          assert.equal(plan.users.length, judge.length, text);
          for (const [index, user] of plan.users.entries()) {
            const says = (name: string): string | undefined => judge[index]?.get(name)?.trim();
            const doors = plan.doors
              .filter(({ name }) => user.doors.includes(name))
              .map(({ lines }) => lines);
            const ofDoors = (name: string) =>
              doors.map((lines) => lines.find((line) => line.startsWith(`${name} = `))?.split(' = ')[1]);
            const ports = (says('OPEN_PORTS') ?? '').split(',').map((port) => port.trim());
            assert.deepEqual(ofDoors('open'), [...new Set(ports)], text);
            assert.deepEqual(new Set(ofDoors('open_for')), new Set([says('FW_ACCESS_TIMEOUT')]), text);
            assert.deepEqual(new Set(ofDoors('max_open_for')), new Set([says('MAX_FW_TIMEOUT')]), text);
            assert.deepEqual(
              new Set(ofDoors('require_source')),
              new Set([says('REQUIRE_SOURCE_ADDRESS') === 'Yes' ? 'yes' : undefined]),
            );
            assert.equal(user.spaUser ?? '<not set>', says('REQUIRE_USERNAME'), text);
            assert.equal(user.credential.key.length, Number(says('KEY_LEN')));
          }
        },
      ),
      seeded(t, { numRuns: 25 }),
    );
  });
});
