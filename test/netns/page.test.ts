/**
 * The page that knocks, in Debian's Chromium: from a file, from http and from https, at a host that refuses and one that
 * drops. The daemon judges the knocks, and a web service behind the door shows that somebody has come in.
 *
 *     client                          server
 *     eth0 10.7.0.2  fd07::2  ──────  eth0 10.7.0.1  fd07::1
 *     chromium, web servers           bussa up, a web service on 8080
 */
import assert from 'node:assert/strict';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Chromium } from '../lab/chromium.ts';
import { makeCertificate, servePage } from '../lab/page-server.ts';
import type { Program } from '../lab/program.ts';
import { readQr } from '../lab/read-qr.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6 } from '../lab/wire.ts';
import { ClientFixture } from './client-fixture.ts';
import { BUSSA } from './up-fixture.ts';

const DOOR = `[web]
  sequence    = 7005,8123,9321,4567
  seq_timeout = 20
  tcpflags    = syn
  open        = tcp/8080
  open_for    = 600
`;

/** Of the server, as the browser alone knows it. */
const NAME = 'knock.example.org';

/** A host that drops what it has not been asked for. */
const DROP = `table inet walls { chain input {
  type filter hook input priority 10; policy drop;
  ct state established,related accept
  meta l4proto { icmp, ipv6-icmp } accept
  tcp dport 8080 accept
}
}`;

/** When the button can be pressed again. */
const IDLE = `new Promise((resolve) => {
  const button = document.getElementById('knock');
  const look = () => button.disabled || resolve();
  new MutationObserver(look).observe(button, { attributes: true });
  look();
})`;

const codeOf = async (program: Program): Promise<number | null> => (await program.exited).code;

/** A page for each address of the server, and the service that it goes to. */
async function openFixture(
  stage: ClientFixture,
): Promise<{ pages: Record<string, string>; service: Program }> {
  const { directory, wire } = stage;
  const service = await servePage(
    wire.server,
    8080,
    directory.file('inside.html', '<title>inside</title>in'),
  );
  const hosts = [SERVER, SERVER6, NAME].map(
    (address, i) => `Host box${i}\n  HostName ${address}\n  Port 8080\n  Knock 7005 8123 9321 4567\n`,
  );
  writeFileSync(stage.hosts, hosts.join('\n'));
  const pages: Record<string, string> = {};
  for (const name of ['box0', 'box1', 'box2']) {
    const file = directory.file(`${name}.html`);
    await using program = stage.bussa('knock', '-F', stage.hosts, name, '--page', file);
    assert.equal(await codeOf(program), 0, program.output);
    assert.equal(statSync(file).mode & 0o7777, 0o600);
    pages[name] = file;
  }
  return { pages, service };
}

describe('a page that knocks', () => {
  test('opens from file:, http: and https:, at a host that refuses and one that drops, and goes to the service', async () => {
    await using stage = await ClientFixture.create();
    const { directory, wire } = stage;
    const { pages, service } = await openFixture(stage);
    await using _service = service;
    const file = pages.box0 as string;
    const certificate = makeCertificate(directory);
    await using _http = await servePage(wire.client, 8001, file);
    await using _https = await servePage(wire.client, 8002, file, certificate);
    await using daemon = await stage.startDaemon(DOOR, '-v');
    await using chromium = await Chromium.start(
      wire.client,
      certificate.flag,
      `--host-resolver-rules=MAP ${NAME} ${SERVER}`,
    );
    const close = ['close', '--all', '-c', directory.file('knockd.conf'), '--state', directory.path];
    let opened = 0;
    for (const wall of ['refuses', 'drops']) {
      if (wall === 'drops') await wire.server.run('nft', DROP);
      const places = [`file://${file}`, 'http://localhost:8001/', 'https://localhost:8002/knock.html'];
      // The first one once more: what its first run has left in the browser does not spoil the second.
      for (const page of [...places, ...places.slice(0, 1)]) {
        await chromium.open(page);
        // By the keyboard alone.
        await chromium.press('Tab');
        await chromium.press('Enter');
        await daemon.saw(new RegExp(`${CLIENT}: web: OPEN SESAME`), ++opened);
        await chromium.goesTo(`http://${SERVER}:8080/`);
        assert.equal(await chromium.evaluate('document.title'), 'inside', `${wall}, ${page}`);
        assert.deepEqual(
          chromium.console.filter((line) => /Content Security|Mixed Content|exception/i.test(line)),
          [],
        );
        await wire.server.run(BUSSA, ...close);
        await daemon.saw(/web: .*(?:closed|CLOSE)/i, opened);
      }
    }
    // No knock was a wrong one.
    assert.doesNotMatch(daemon.output, /Stage \d.*(?:failed|expired)|wrong/i);

    await chromium.open(`file://${pages.box1}`);
    await chromium.press('Tab');
    await chromium.press('Enter');
    await daemon.saw(new RegExp(`${CLIENT6}: web: OPEN SESAME`));
    await chromium.goesTo(`http://[${SERVER6}]:8080/`);

    await chromium.open(`file://${pages.box2}`);
    await chromium.press('Tab');
    await chromium.press('Enter');
    await daemon.saw(new RegExp(`${CLIENT}: web: OPEN SESAME`), ++opened);
    await chromium.goesTo(`http://${NAME}:8080/`);
  });

  test('a code as the app shows it becomes two knocks; three times on one page, each in its order', async () => {
    await using stage = await ClientFixture.create();
    const { directory, wire } = stage;
    writeFileSync(stage.hosts, `Host box\n  HostName ${SERVER}\n  Port 2222\n`);
    const file = directory.file('code.html');
    await using made = stage.bussa(
      'knock',
      '-F',
      stage.hosts,
      'box',
      '--page',
      file,
      '--recipe',
      '17___ 23___',
    );
    assert.equal(await codeOf(made), 0, made.output);
    await wire.server.run('nft', DROP);
    const config = '[code]\n sequence = 17492,23817\n tcpflags = syn\n open = tcp/2222\n open_for = 60\n';
    await using daemon = await stage.startDaemon(config, '-v');
    await using chromium = await Chromium.start(wire.client);
    await chromium.open(`file://${file}`);
    await chromium.type('492 81');
    await chromium.press('Enter');
    await chromium.says(/Type the six digits/);
    await chromium.type('7');
    await chromium.press('Enter');
    await daemon.saw(/code: OPEN SESAME/);
    await chromium.says(/Knocked\. Connect to port 2222 of 10\.7\.0\.1 now\./);
    for (const nth of [2, 3]) {
      await chromium.evaluate(IDLE);
      await chromium.evaluate("document.getElementById('code').focus()");
      await chromium.type('492817');
      await chromium.press('Enter');
      await daemon.saw(/code: OPEN SESAME/, nth);
    }
  });

  test('fits a phone of 400 px in light and in dark, and loads nothing', async () => {
    await using stage = await ClientFixture.create();
    const file = stage.directory.file('page.html');
    const name = `${'a-long-label.'.repeat(8)}example.org`;
    writeFileSync(stage.hosts, `Host ${name}\n  Port 443\n  Knock 7005 8123\n`);
    await using made = stage.bussa('knock', '-F', stage.hosts, name, '--page', file);
    assert.equal(await codeOf(made), 0, made.output);
    await using chromium = await Chromium.start(stage.wire.client);
    await chromium.width(400);
    const shades: unknown[] = [];
    for (const scheme of ['light', 'dark'] as const) {
      await chromium.prefers(scheme);
      await chromium.open(`file://${file}`);
      assert.equal(await chromium.evaluate('document.documentElement.scrollWidth'), 400);
      assert.ok(Number(await chromium.evaluate("document.getElementById('knock').offsetHeight")) >= 44);
      shades.push(await chromium.evaluate('getComputedStyle(document.body).color'));
    }
    assert.notEqual(shades[0], shades[1]);
    assert.equal(await chromium.evaluate("performance.getEntriesByType('resource').length"), 0);
    assert.deepEqual(chromium.console, []);
  });

  test('the QR code of init is an address that a browser opens, and it knocks', async () => {
    await using stage = await ClientFixture.create();
    const { directory, wire } = stage;
    await using _service = await servePage(
      wire.server,
      8080,
      directory.file('in.html', '<title>inside</title>'),
    );
    const config = directory.file('made.conf');
    const page = directory.file('made.html');
    const words = ['init', '--yes', '--config', config, '--host', SERVER, '--port', '8080', '--page', page];
    const plain = await wire.server.run(BUSSA, ...words);
    assert.doesNotMatch(plain, /█/);
    assert.equal(statSync(page).mode & 0o7777, 0o600);
    rmSync(page);
    const shown = await wire.server.run(BUSSA, ...words, '--force', '--qr');
    const lines = shown.split('\n').filter((line) => /^[█▀▄ ]{30,}$/.test(line));
    const address = readQr(lines);
    assert.match(address, /^data:text\/html,/);
    await wire.server.run('nft', DROP);
    const state = ['-c', config, '--state', directory.path];
    await using daemon = wire.server.start(BUSSA, 'up', ...state);
    await daemon.saw(/listening on .*\.\.\.\n/);
    await using chromium = await Chromium.start(wire.client);
    await chromium.open(address.trim());
    await daemon.saw(new RegExp(`${CLIENT}: .*OPEN SESAME`));
    await chromium.goesTo(`http://${SERVER}:8080/`);
    await wire.server.run(BUSSA, 'close', '--all', ...state);
    await chromium.open(`file://${page}`);
    await chromium.press('Tab');
    await chromium.press('Enter');
    await daemon.saw(new RegExp(`${CLIENT}: .*OPEN SESAME`), 2);
    await chromium.goesTo(`http://${SERVER}:8080/`);
  });
});
