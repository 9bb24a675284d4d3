/**
 * A page for codes in Debian's Chromium, and a door that takes them: typed as the app shows them, and made by the page.
 *
 *     client                          server
 *     eth0 10.7.0.2  fd07::2  ──────  eth0 10.7.0.1  fd07::1
 *     chromium, web servers           knockd, a service on 22
 */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Chromium } from '../lab/chromium.ts';
import { BUSSA } from '../lab/knockd.ts';
import { makeCertificate, servePage } from '../lab/page-server.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6 } from '../lab/wire.ts';
import { CodeFixture } from './code-fixture.ts';

const [bussa = ''] = BUSSA;

/** Writes a page with `bussa knock`, and returns its path. */
async function makePage(stage: CodeFixture, host: string, ...options: readonly string[]): Promise<string> {
  const { directory, wire } = stage;
  const code = directory.file('phone.code', `${stage.secret('alice')}\n`);
  const profile = `Host box\n  HostName ${host}\n  Port 22\n  CodePorts 17 23\n  CodeFile ${code}\n`;
  const page = directory.file(`page-${host.replaceAll(':', '-')}${options.length}.html`);
  await wire.client.run(
    bussa,
    ...['knock', '-F', directory.file('hosts.conf', profile), 'box', '--page', page],
    ...options,
  );
  assert.equal(statSync(page).mode & 0o7777, 0o600);
  return page;
}

describe('a page for codes', () => {
  test('opens by the code that is typed, and does not know the secret', async () => {
    await using stage = await CodeFixture.create();
    const page = await makePage(stage, SERVER);
    assert.ok(!readFileSync(page, 'utf8').includes(stage.secret('alice')));
    await stage.nextStep();
    await using chromium = await Chromium.start(stage.wire.client);
    await chromium.open(`file://${page}`);
    const code = stage.code();
    await chromium.type(`${code.slice(0, 3)} ${code.slice(3)}`);
    await chromium.press('Enter');
    await stage.knockd.saw(new RegExp(`${CLIENT}: ssh: alice: OPEN SESAME \\(code`, 'i'));
    await chromium.says(/Knocked\. Open: go to ssh:\/\/10\.7\.0\.1/);
    assert.equal(await chromium.evaluate("document.getElementById('go').href"), `ssh://${SERVER}`);
  });

  test('with --with-secret the page makes the code, from a file and by https; by http it asks for it', async () => {
    await using stage = await CodeFixture.create();
    const { directory, wire } = stage;
    const page = await makePage(stage, SERVER, '--with-secret');
    const page6 = await makePage(stage, SERVER6, '--with-secret');
    const certificate = makeCertificate(directory);
    await using _https = await servePage(wire.client, 8002, page6, certificate);
    await using _http = await servePage(wire.server, 8001, page);
    await stage.nextStep();
    await using chromium = await Chromium.start(wire.client, certificate.flag);
    await chromium.open(`file://${page}`);
    await chromium.press('Tab');
    await chromium.press('Enter');
    await stage.knockd.saw(new RegExp(`${CLIENT}: ssh: alice: OPEN SESAME \\(code`, 'i'));

    await stage.nextStep();
    await chromium.open('https://localhost:8002/');
    await chromium.press('Tab');
    await chromium.press('Enter');
    await stage.knockd.saw(new RegExp(`${CLIENT6}: ssh: alice: OPEN SESAME \\(code`, 'i'));

    // No secure context: no WebCrypto.
    await chromium.open(`http://${SERVER}:8001/`);
    await chromium.says(/this browser makes no codes: type it/);
    await chromium.press('Enter');
    await chromium.says(/Type the six digits/);
  });
});
