/** access.conf as Debian's fwknopd reads it, beside what an import makes of it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import fc from 'fast-check';
import { type AccessPlan, planAccess } from '../../src/core/fwknop/plan-access.ts';
import { AccessReader, type ReadIncluded } from '../../src/core/fwknop/read-access.ts';
import type { Diagnostic } from '../../src/core/text/diagnostic.ts';
import { Findings } from '../../src/core/text/findings.ts';
import { parseUntil } from '../../src/core/users/parse-until.ts';
import { seeded } from '../lab/seed.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'bussa-access-'));
after(() => rmSync(directory, { recursive: true }));

const at = (name: string): string => path.join(directory, name);

/** What fwknopd says of each stanza, by the names of the settings; undefined: it does not start with this file. */
function dumpOf(text: string): readonly ReadonlyMap<string, string>[] | undefined {
  writeFileSync(at('access.conf'), text, { mode: 0o600 });
  writeFileSync(at('fwknopd.conf'), 'PCAP_INTF lo;\nENABLE_IPT_FORWARDING Y;\n', { mode: 0o600 });
  const words = ['-D', '-a', at('access.conf'), '-c', at('fwknopd.conf')];
  const { stdout, status } = spawnSync('/usr/sbin/fwknopd', words, { encoding: 'utf8' });
  if (status !== 0) return undefined;
  return stdout
    .split(/^SOURCE \(\d+\):/m)
    .slice(1)
    .map(
      (part) =>
        new Map(
          [...part.matchAll(/^ *([A-Z0-9_]+): {2}(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
        ),
    );
}

/** The files that an access.conf includes. */
function imported(
  text: string,
  files: ReadonlyMap<string, string> = new Map(),
): { plan: AccessPlan; diagnostics: readonly Diagnostic[] } {
  const include: ReadIncluded = (_, name) => {
    const found = files.get(name);
    return found === undefined ? 'there is no such file' : [{ path: name, bytes: Buffer.from(found) }];
  };
  const reader = new AccessReader(include);
  reader.read('access.conf', Buffer.from(text));
  const situation = { doorNames: [], userNames: [], keyOwners: new Map(), ports: [] };
  const plan = planAccess(reader.stanzas, situation);
  return { plan, diagnostics: reader.diagnostics };
}

const day = fc.record({
  month: fc.integer({ min: 1, max: 12 }),
  date: fc.integer({ min: 1, max: 28 }),
  year: fc.integer({ min: 2020, max: 2037 }),
  pad: fc.constantFrom(1, 2),
});

const stanza = fc.record({
  colon: fc.boolean(),
  /** fwknopd takes a blank in front of a semicolon for part of the value, which only a passphrase can have. */
  end: fc.constantFrom('', ';', ' ;', '; # a comment', '  '),
  newline: fc.constantFrom('\n', '\r\n'),
  /** It is in a file of its own, which the first stanza includes. */
  isIncluded: fc.boolean(),
  key: fc.uint8Array({ minLength: 17, maxLength: 32 }),
  /** 41 of 44 characters are 30 bytes to fwknopd. */
  padding: fc.constantFrom('whole', 'without', 'cut'),
  ports: fc.uniqueArray(fc.tuple(fc.constantFrom('tcp', 'udp', 'TCP'), fc.integer({ min: 1, max: 65_535 })), {
    minLength: 1,
    maxLength: 4,
    selector: ([protocol, port]) => `${protocol.toLowerCase()}/${port}`,
  }),
  gap: fc.constantFrom(',', ', ', ',  '),
  openFor: fc.option(fc.integer({ min: 0, max: 1000 })),
  most: fc.option(fc.integer({ min: 0, max: 4000 })),
  day: fc.option(day),
  epoch: fc.option(fc.constantFrom(0, 1_800_000_000, 4_000_000_000)),
  isEpochLast: fc.boolean(),
  user: fc.option(fc.constantFrom('alice', 'Bob Smith', "o'neil@example.org", 'u'.repeat(63), '$x%y')),
  source: fc.constantFrom('Y', 'N', 'yes', undefined),
  synonym: fc.constantFrom('Y', 'N', undefined),
  from: fc.constantFrom('ANY', 'any', '10.0.0.0/8', '192.0.2.1, 10.1.2.3/255.255.0.0', '10.0.0.1,ANY'),
  /** Blanks behind it belong to it. */
  passphrase: fc.option(fc.stringMatching(/^[a-z][a-z #]{0,20}$/)),
});

type Written = typeof stanza extends fc.Arbitrary<infer Value> ? Value : never;

function keyText({ key, padding }: Written): string {
  const text = Buffer.from(key).toString('base64');
  const bare = text.replace(/=+$/, '');
  return padding === 'whole' ? text : padding === 'without' ? bare : bare.slice(0, 21 - (key.length % 2));
}

function linesOf(one: Written): readonly string[] {
  const { colon, end, key, ports, gap, openFor, most, user, source, synonym, from, passphrase, epoch } = one;
  const { month, date, year, pad } = one.day ?? { month: 0, date: 0, year: 0, pad: 1 };
  const digits = (value: number): string => `${value}`.padStart(pad, '0');
  const ends: [string, unknown][] = [
    ['ACCESS_EXPIRE', one.day === null ? null : `${digits(month)}/${digits(date)}/${year}`],
    ['ACCESS_EXPIRE_EPOCH', epoch],
  ];
  const settings: [string, unknown][] = [
    ['SOURCE', from],
    // A later one replaces it.
    ['OPEN_PORTS', 'tcp/1'],
    passphrase === null ? ['KEY_BASE64', keyText(one)] : ['KEY', passphrase],
    // fwknopd refuses two keys that are the same.
    ['HMAC_KEY_BASE64', Buffer.from([...key, 1]).toString('base64')],
    ['OPEN_PORTS', ports.map((port) => port.join('/')).join(gap)],
    ['FW_ACCESS_TIMEOUT', openFor],
    ['MAX_FW_TIMEOUT', most],
    ['REQUIRE_USERNAME', user],
    ['REQUIRE_SOURCE_ADDRESS', source],
    ['REQUIRE_SOURCE', synonym],
    ...(one.isEpochLast ? ends : ends.toReversed()),
  ];
  return settings.flatMap(([name, value]) =>
    value == null ? [] : [`${name}${colon ? ':' : ''}   ${value}${name === 'KEY' ? end : end.trim()}`],
  );
}

/** `access.conf`, and the files that its first stanza includes in its middle. */
function written(stanzas: readonly Written[]): { text: string; files: ReadonlyMap<string, string> } {
  const files = new Map<string, string>();
  const render = (one: Written): string => linesOf(one).join(one.newline) + one.newline;
  const [first, ...others] = stanzas;
  if (first === undefined) return { text: '', files };
  const included = others.filter(({ isIncluded }) => isIncluded);
  for (const [i, one] of included.entries()) files.set(at(`included-${i}.conf`), render(one));
  for (const [name, text] of files) writeFileSync(name, text, { mode: 0o600 });
  const lines = linesOf(first);
  const middle = [...files.keys()].map((name) => `%include ${name}`);
  const own = [...lines.slice(0, 3), ...middle, ...lines.slice(3)].join(first.newline) + first.newline;
  const rest = others.filter(({ isIncluded }) => !isIncluded).map(render);
  return { text: [own, ...rest].join('\n'), files };
}

suite('access.conf', () => {
  test('means to an import what it means to fwknopd', (t) => {
    fc.assert(
      fc.property(
        fc.uniqueArray(stanza, {
          minLength: 1,
          maxLength: 4,
          selector: (one) => one.passphrase ?? keyText(one).slice(0, 20),
        }),
        (stanzas) => {
          const { text, files } = written(stanzas);
          const { plan, diagnostics } = imported(text, files);
          const shown = [text, ...files.values()].join('\n---\n');
          assert.deepEqual(diagnostics, [], shown);
          const judge = dumpOf(text) ?? assert.fail(shown);
          assert.equal(plan.users.length, judge.length, shown);
          for (const [index, user] of plan.users.entries()) {
            const says = (name: string): string => judge[index]?.get(name)?.trim() ?? '';
            const doors = plan.doors
              .filter(({ name }) => user.doors.includes(name))
              .map(({ lines }) => lines);
            const ofDoors = (name: string) =>
              doors.map((lines) => lines.find((line) => line.startsWith(`${name} = `))?.split(' = ')[1]);
            const ports = says('OPEN_PORTS').toLowerCase().split(/,\s*/);
            const most = Number(says('MAX_FW_TIMEOUT'));
            assert.deepEqual(ofDoors('open'), ports, shown);
            assert.deepEqual(new Set(ofDoors('open_for')), new Set([says('FW_ACCESS_TIMEOUT')]), shown);
            assert.deepEqual(new Set(ofDoors('max_open_for')), new Set([`${most}`]), shown);
            const isBound = says('REQUIRE_SOURCE_ADDRESS') === 'Yes';
            assert.deepEqual(new Set(ofDoors('require_source')), new Set([isBound ? 'yes' : undefined]));
            assert.equal(user.spaUser ?? '<not set>', says('REQUIRE_USERNAME'), shown);
            assert.equal(user.credential.key.length, Number(says('KEY_LEN')), shown);
            assert.equal(user.credential.hmac?.key.length, Number(says('HMAC_KEY_LEN')), shown);
            const end = says('ACCESS_EXPIRE');
            const until =
              user.until === undefined
                ? '<not set>'
                : parseUntil({ text: user.until, line: 1, offset: 0 }, new Findings());
            assert.equal(until, end === '<not set>' ? end : Date.parse(end), `${shown}\n${end}`);
          }
        },
      ),
      seeded(t, { numRuns: 25 }),
    );
  });

  test('is refused with a place where fwknopd does not start with it', () => {
    const key = `KEY_BASE64 ${Buffer.alloc(32, 1).toString('base64')}\n`;
    const good = `SOURCE ANY\n${key}OPEN_PORTS tcp/22\n`;
    assert.ok(dumpOf(good));
    assert.deepEqual(imported(good).diagnostics, []);
    const bad = [
      `SOURCE ANY\nOPEN_PORTS tcp/22\n`,
      `SOURCE\n${key}`,
      `SOURCE 10.0.0.1,\n${key}OPEN_PORTS tcp/22\n`,
      `SOURCE 10.0.0.1 10.0.0.2\n${key}OPEN_PORTS tcp/22\n`,
      `SOURCE 10.0.0.0/33\n${key}OPEN_PORTS tcp/22\n`,
      `SOURCE ANY,10.0.0.300\n${key}OPEN_PORTS tcp/22\n`,
      `${good}DESTINATION nowhere\n`,
      `${good}OPEN_PORTS tcp/22,\n`,
      `${good}OPEN_PORTS icmp/8\n`,
      `${good}RESTRICT_PORTS tcp/70000\n`,
      `${good}KEY __CHANGEME__\n`,
      `${good}KEY_BASE64 a-b\n`,
      `${good}HMAC_${key}`,
      `${good}HMAC_DIGEST_TYPE sha2\n`,
      `${good}ENCRYPTION_MODE xts\n`,
      `${good}FW_ACCESS_TIMEOUT -1\n`,
      `${good}MAX_FW_TIMEOUT 9999999999\n`,
      `${good}ACCESS_EXPIRE 2027-01-01\n`,
      `${good}CMD_CYCLE_OPEN /bin/true\n`,
      `${good}CMD_CYCLE_CLOSE /bin/true\n`,
      `${good}CMD_CYCLE_OPEN /bin/true\nCMD_CYCLE_CLOSE /bin/true\n`,
      `${good}CMD_CYCLE_OPEN /bin/true\nCMD_CYCLE_CLOSE /bin/true\nCMD_CYCLE_TIMER 0\n`,
      `${good}%include ${at('nowhere')}\n`,
    ];
    for (const text of bad) {
      assert.equal(dumpOf(text), undefined, `fwknopd takes it:\n${text}`);
      const errors = imported(text).diagnostics.filter(({ severity }) => severity === 'error');
      assert.ok(errors.length > 0, text);
    }
  });
});
