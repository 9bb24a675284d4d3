/**
 * SPA packets of `bussa knock` and `bussa connect`, and Debian's own fwknopd, which opens ports by iptables.
 *
 *     client                          server
 *     eth0 10.7.0.2  fd07::2  ──────  eth0 10.7.0.1  fd07::1
 *     bussa knock, bussa connect      fwknopd, sshd on 22
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Program } from '../lab/program.ts';
import { startService } from '../lab/service.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6, STRANGER } from '../lab/wire.ts';
import { ClientFixture } from './client-fixture.ts';
import { FwknopdFixture } from './fwknopd-fixture.ts';
import { BUSSA } from './up-fixture.ts';

const MODES = ['cbc', 'ctr', 'cfb', 'ofb', 'ecb', 'legacy'];
const HMACS = ['md5', 'sha1', 'sha256', 'sha384', 'sha512', 'sha3_256', 'sha3_512'];

/** As many at a time as the machine has processors for. */
const AT_ONCE = 3;

const codeOf = async (program: Program): Promise<number | null> => (await program.exited).code;
const base64 = (length: number): string => randomBytes(length).toString('base64');

/** A stanza of access.conf for its own port, and the keys as a file of the client. */
function stanza(port: number, lines: readonly string[]): string {
  return ['SOURCE ANY', `OPEN_PORTS tcp/${port}`, 'FW_ACCESS_TIMEOUT 300', ...lines, ''].join('\n');
}

const KEYS = [`KEY_BASE64 ${base64(32)}`, `HMAC_KEY_BASE64 ${base64(64)}`];

describe('SPA packets to a real fwknopd', { concurrency: 2 }, () => {
  test('every mode with every HMAC, and without one: the rule is there for the sender alone', async () => {
    await using stage = await FwknopdFixture.open();
    const { directory } = stage;
    const kinds = MODES.flatMap((mode) => [...HMACS, 'none'].map((hmac) => ({ mode, hmac })));
    const all = kinds.map(({ mode, hmac }, i) => {
      const key =
        i % 3 === 0 ? `KEY ${base64(9).replaceAll(/[+/]/g, 'x')}` : `KEY_BASE64 ${base64(1 + (i % 32))}`;
      const lines = [key, `ENCRYPTION_MODE ${mode.toUpperCase()}`];
      const hmacKey = i % 2 === 0 ? `HMAC_KEY_BASE64 ${base64(16 + 2 * i)}` : `HMAC_KEY plain-text-${i}`;
      if (hmac !== 'none') lines.push(hmacKey, `HMAC_DIGEST_TYPE ${hmac.toUpperCase()}`);
      return { name: `${mode}-${hmac}`, port: 1000 + i, lines };
    });
    await using fwknopd = await stage.startFwknopd(
      all.map(({ port, lines }) => stanza(port, lines)).join('\n'),
    );
    const profiles = all.map(({ name, port, lines }, i) => {
      const digest = `DIGEST_TYPE ${HMACS[i % HMACS.length]}`;
      const file = directory.file(`${name}.spa`, [...lines, digest, ''].join('\n'));
      const address = i % 2 === 0 ? [] : [`SpaAddress ${CLIENT}`];
      return stage.profile(name, `Spa tcp/${port}`, `SpaKeyFile ${file}`, ...address);
    });
    writeFileSync(stage.hosts, profiles.join('\n'));
    const left = [...all];
    const knockRest = async (): Promise<void> => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) {
        await using program = stage.knock(next.name);
        assert.equal(await codeOf(program), 0, `${next.name}: ${program.output}`);
        await fwknopd.saw(new RegExp(`Added access rule .*${CLIENT}.* tcp/${next.port},`));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, knockRest));
    const rules = await stage.rules();
    for (const { name, port } of all)
      assert.match(rules, new RegExp(`-s ${CLIENT}/32 -p tcp .*--dport ${port} `), name);
    assert.ok(!rules.includes(STRANGER));
  });

  test('ssh through bussa connect; each packet is another one; a wrong key opens nothing and says where to look', async () => {
    await using stage = await FwknopdFixture.open();
    const { directory } = stage;
    await using sshd = await stage.startSshd();
    await using fwknopd = await stage.startFwknopd(
      stanza(22, [...KEYS, 'REQUIRE_SOURCE_ADDRESS Y', 'REQUIRE_USERNAME carol']),
    );
    const [good, bad] = [
      directory.file('good.spa', KEYS.join('\n')),
      directory.file('bad.spa', `KEY_BASE64 ${base64(32)}\nHMAC_KEY_BASE64 ${base64(64)}\n`),
    ];
    const wish = ['Port 22', 'Spa tcp/22', `SpaAddress ${CLIENT}`, 'SpaUser carol', 'Timeout 60s'];
    const hosts = [
      stage.profile('box', ...wish, `SpaKeyFile ${good}`),
      stage.profile('wrong', ...wish, `SpaKeyFile ${bad}`, 'Retries 0'),
    ];
    writeFileSync(stage.hosts, hosts.join('\n'));

    await using wrong = stage.knock('wrong');
    assert.equal(await codeOf(wrong), 1);
    assert.match(wrong.output, /port 22 of 10\.7\.0\.1 does not answer after a knock/);
    assert.match(wrong.output, /fwknopd never answers: its log/);
    assert.doesNotMatch(await stage.rules(), /--dport/);

    await using there = stage.ssh(`${BUSSA} connect -v -F ${stage.hosts} %n %p`, 'box', 'echo inside');
    assert.equal(await codeOf(there), 0, `${there.output}${sshd.output}${fwknopd.output}`);
    assert.match(there.output, /^inside$/m);
    assert.match(there.output, /sending an SPA packet to 10\.7\.0\.1/);
    assert.doesNotMatch(fwknopd.output, /replay/i);
  });

  test('two ports of two protocols, a timeout of the client, a clock that is off, and the address that a page sees', async () => {
    await using stage = await FwknopdFixture.open();
    const { directory, wire } = stage;
    await using fwknopd = await stage.startFwknopd(
      `SOURCE ANY\nREQUIRE_SOURCE_ADDRESS Y\nFW_ACCESS_TIMEOUT 300\nMAX_FW_TIMEOUT 3000\n${KEYS.join('\n')}\n`,
    );
    const page = `require('http').createServer((q, s) => s.end('your address: ${CLIENT}')).listen(8077, '127.0.0.1', () => console.log('up'))`;
    await using web = wire.client.start(process.execPath, '-e', page);
    await web.saw(/up/);
    const keys = `SpaKeyFile ${directory.file('keys', KEYS.join('\n'))}`;
    const wish = 'Spa tcp/2222 udp/5353';
    const resolve = ['SpaAddress resolve', 'SpaResolveUrl http://127.0.0.1:8077/'];
    writeFileSync(
      stage.hosts,
      [
        stage.profile('long', wish, keys, ...resolve, 'SpaTimeout 20m', 'SpaTimeOffset -90s'),
        stage.profile('late', wish, keys, `SpaAddress ${CLIENT}`, 'SpaTimeOffset -10m'),
        stage.profile('nowhere', wish, keys, 'SpaAddress resolve', 'SpaResolveUrl http://127.0.0.1:8078/'),
      ].join('\n'),
    );
    await using late = stage.knock('late');
    assert.equal(await codeOf(late), 0, late.output);
    await fwknopd.saw(/SPA data time difference is too great/);
    await using nowhere = stage.knock('nowhere');
    assert.equal(await codeOf(nowhere), 1);
    assert.match(
      nowhere.output,
      /8078\/ does not tell this host’s address: .*ECONNREFUSED.*; name another page/,
    );
    assert.doesNotMatch(await stage.rules(), /--dport/);

    await using long = stage.knock('long');
    assert.equal(await codeOf(long), 0, long.output);
    await fwknopd.saw(/Added access rule .*udp\/5353,/, 2);
    const rules = await stage.rules();
    for (const port of ['tcp .*--dport 2222', 'udp .*--dport 5353'])
      assert.match(rules, new RegExp(`-s ${CLIENT}/32 -p ${port} `));
    const expiry = Number(/_exp_(\d+)/.exec(rules)?.[1]) - Date.now() / 1000;
    assert.ok(expiry > 1000 && expiry <= 1200, `${expiry}`);
  });

  test('what fwknop itself has saved is imported, and opens; a second run changes nothing', async () => {
    await using stage = await FwknopdFixture.open();
    const { directory, wire } = stage;
    const rc = directory.file('.fwknoprc', '');
    const saved = ['-A', 'tcp/22,udp/53', '-a', CLIENT, '-D', '10.7.0.1', '--rc-file', rc, '--no-save-args'];
    const keys = ['--key-gen', '--use-hmac', '--hmac-digest-type', 'sha512', '-f', '600'];
    await wire.client.run('fwknop', ...saved, ...keys, '--save-rc-stanza', '-n', 'gate');
    const text = readFileSync(rc, 'utf8');
    const [key = '', hmac = ''] = text.match(/^(?:HMAC_)?KEY_BASE64 .*$/gm) ?? [];
    await using fwknopd = await stage.startFwknopd(
      stanza(22, [key, hmac, 'HMAC_DIGEST_TYPE sha512', 'REQUIRE_SOURCE_ADDRESS Y']).replace(
        'tcp/22',
        'tcp/22, udp/53',
      ),
    );
    writeFileSync(stage.hosts, '# mine\nHost other\n    Knock 7000\n');
    writeFileSync(rc, `${text}\n[secret]\nSPA_SERVER h\nACCESS tcp/22\nUSE_GPG Y\n`);
    const run = (): Program => wire.client.start(BUSSA, 'import', rc, '-F', stage.hosts);
    await using first = run();
    assert.equal(await codeOf(first), 0, first.output);
    assert.match(first.output, /\.fwknoprc:\d+: \[secret\] left out: it has USE_GPG: /);
    for (const shown of [key, hmac]) assert.ok(!first.output.includes(shown.split(/\s+/)[1] as string));
    const hosts = readFileSync(stage.hosts, 'utf8');
    assert.match(hosts, /^# mine\nHost other\n {4}Knock 7000\n\nHost gate\n/);
    assert.equal(statSync(directory.file('gate.spa')).mode & 0o7777, 0o600);
    await using second = run();
    assert.equal(await codeOf(second), 0, second.output);
    assert.equal(readFileSync(stage.hosts, 'utf8'), hosts);

    await using knock = stage.knock('gate', '--no-wait');
    assert.equal(await codeOf(knock), 0, knock.output);
    await fwknopd.saw(/Added access rule .*udp\/53,/, 2);
    assert.match(await stage.rules(), new RegExp(`-s ${CLIENT}/32 -p tcp .*--dport 22 `));
  });

  test('a stanza that bussa user add --spa has printed is imported, and opens Bussa’s own door, over IPv4 and IPv6', async () => {
    await using stage = await ClientFixture.create();
    const { directory, wire } = stage;
    await using _service = await startService(wire.server, 22);
    const config = `[options]\n  Users_File = ${directory.file('users.conf')}\n\n[ssh]\n  sequence = 7000,8000,9000\n  tcpflags = syn\n  open = tcp/22\n  open_for = 20\n`;
    await using daemon = await stage.startDaemon(config);
    const place = ['-c', directory.file('knockd.conf'), '--state', directory.path];
    const words = ['user', 'add', 'carol', '--spa', '--door', 'ssh', '--host', SERVER];
    const added = await wire.server.run(BUSSA, ...words, ...place);
    const [printed = ''] = /^\[.*?\n\n/ms.exec(added) ?? assert.fail(added);
    const rc = directory.file(
      '.fwknoprc',
      printed.replace(/^(?:ALLOW_IP|RESOLVE_IP_HTTPS).*$/gm, 'ALLOW_IP source'),
    );
    writeFileSync(stage.hosts, '');
    await wire.client.run(BUSSA, 'import', rc, '-F', stage.hosts);
    const [, name = ''] = /^Host (.+)$/m.exec(readFileSync(stage.hosts, 'utf8')) ?? assert.fail(printed);
    await using four = stage.bussa('knock', '-F', stage.hosts, name);
    assert.equal(await codeOf(four), 0, `${four.output}${daemon.output}`);
    await daemon.saw(new RegExp(`${CLIENT}: ssh: carol: OPEN SESAME \\(spa`, 'i'));

    writeFileSync(stage.hosts, `Host ${name}\n    HostName ${SERVER6}\n${readFileSync(stage.hosts, 'utf8')}`);
    await using six = stage.bussa('knock', '-F', stage.hosts, name);
    assert.equal(await codeOf(six), 0, `${six.output}${daemon.output}`);
    await daemon.saw(new RegExp(`${CLIENT6}: ssh: carol: OPEN SESAME \\(spa`, 'i'));
  });

  test('a .fwknoprc with a mistake, or a profile that is there: every mistake, and nothing is written', async () => {
    await using stage = await FwknopdFixture.open();
    const { directory, wire } = stage;
    const good = (name: string): string =>
      `[${name}]\nSPA_SERVER h\nACCESS tcp/22\nALLOW_IP source\n${KEYS.join('\n')}\n`;
    for (const [text, said] of [
      [`${good('a')}[b]\nACCESS tcp/0\nKEY_BASE64 *\n`, [/:8:8: .*not a port/, /:9:12: .*not base64/]],
      [good('box') + good('new'), [/has another profile of box: remove it/]],
      [good('new') + good('NEW'), [/\[new\] and \[NEW\] would be one profile/]],
      [good('odd'), [/odd\.spa exists already, with other contents/]],
    ] as const) {
      const rc = directory.file('.fwknoprc', text);
      writeFileSync(stage.hosts, 'Host box\n    Knock 7000\n');
      directory.file('odd.spa', 'KEY x\n');
      const before = readdirSync(directory.path);
      await using program = wire.client.start(BUSSA, 'import', rc, '-F', stage.hosts);
      assert.equal(await codeOf(program), 78, program.output);
      for (const words of said) assert.match(program.output, words);
      assert.deepEqual(readdirSync(directory.path), before);
      assert.equal(readFileSync(stage.hosts, 'utf8'), 'Host box\n    Knock 7000\n');
    }
  });

  test('a key file that others can read is refused, and no key is shown', async () => {
    await using stage = await FwknopdFixture.open();
    const { directory } = stage;
    const file = directory.file('keys', KEYS.join('\n'));
    writeFileSync(stage.hosts, stage.profile('box', 'Spa tcp/22', `SpaKeyFile ${file}`));
    chmodSync(file, 0o644);
    await using program = stage.knock('box', '-v');
    assert.equal(await codeOf(program), 1);
    assert.match(program.output, /others can read or change its contents \(mode 0644\): chmod 600/);
    for (const line of KEYS) assert.ok(!program.output.includes(line.split(' ')[1] as string));
  });
});
