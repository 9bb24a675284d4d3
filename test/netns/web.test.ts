// The page of `bussa web` in Debian's Chromium, beside a real daemon and real knocks.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { KnockSigner, SIGNED_PORT } from '../lab/knock-signer.ts';
import { C_KNOCK } from '../lab/knockd.ts';
import { PayloadSender } from '../lab/payload-sender.ts';
import { addAddresses, CLIENT, SERVER, STRANGER } from '../lab/wire.ts';
import { ControlFixture, SSH_DOOR } from './control-fixture.ts';
import { BUSSA } from './up-fixture.ts';
import { findBarriers, WebFixture } from './web-fixture.ts';

const DOORS = `${SSH_DOOR}
[<b>web</b>]
  sequence    = 7100,8100,9100,9200
  seq_timeout = 60
  tcpflags    = syn
  open        = tcp/443
  open_for    = 300
`;

/** Set, the pictures for the README are written to docs. */
const DOCS = process.env.BUSSA_PICTURES === undefined ? undefined : join(import.meta.dirname, '../../docs');

const picture = async (page: Page, name: string): Promise<void> => {
  if (DOCS !== undefined) await page.screenshot({ path: join(DOCS, `${name}.png`) });
};

const section = (page: Page, name: string) => page.getByRole('region', { name });

/** What the daemon says is in the reader's language, with times of the reader's zone. */
async function assertTranslated(stage: WebFixture): Promise<void> {
  const { page, problems } = await stage.open({ locale: 'de-DE', timezoneId: 'Pacific/Kiritimati' });
  const source = section(page, 'Letzte Quellen').getByRole('row', { name: new RegExp(CLIENT) });
  await source
    .getByText(/Die Tür wurde um \d\d:\d\d:\d\d geöffnet und um \d\d:\d\d:\d\d geschlossen$/)
    .waitFor();
  const shown = await source.textContent();
  const hour = new Intl.DateTimeFormat('de', {
    hour: '2-digit',
    hour12: false,
    timeZone: 'Pacific/Kiritimati',
  });
  const hours = [Date.now() - 3_600_000, Date.now()].map((at) => hour.format(at).slice(0, 2));
  assert.match(shown ?? '', new RegExp(`geöffnet und um (?:${hours.join('|')}):`));
  await source.getByRole('button', { name: `${CLIENT} erklären` }).click();
  await page.getByRole('dialog').getByText('tcp/7000  ssh: Stufe 1 von 3').waitFor();
  await page.keyboard.press('Escape');
  await stage.control.ask('ban', '192.0.2.99', '--for', '60');
  await section(page, 'Ereignisse').getByText('192.0.2.99: gesperrt für 60 s, durch root').waitFor();
  // The choice is kept, for other tabs and later visits.
  await page.getByLabel('Sprache').selectOption('it');
  await section(page, 'Eventi').getByText('192.0.2.99: bloccato per 60 s, da root').waitFor();
  await page.reload();
  await section(page, 'Sorgenti recenti').waitFor();
  assert.deepEqual(problems, []);
}

describe('the page of bussa web', () => {
  test('doors, attempts as they advance, sources and their story, every button; no barrier and nothing forbidden', async () => {
    await using stage = await WebFixture.create(DOORS);
    const { client } = stage.control;
    const { page, problems } = await stage.open();
    await page.getByText('No door is open.').waitFor();
    assert.equal(new URL(page.url()).hash, '');

    await client.run(C_KNOCK, SERVER, '7100');
    const attempts = section(page, 'Knocks in progress');
    await attempts.getByText('1 of 4').waitFor();
    await client.run(C_KNOCK, SERVER, '8100');
    await attempts.getByText('2 of 4').waitFor();
    // Markup in the name of a door is text.
    assert.equal(await attempts.getByText('<b>web</b>').count(), 1);

    await client.run('sh', '-c', `${C_KNOCK} ${SERVER} 7000 8000 9000`);
    const open = section(page, 'Open doors');
    await open.getByRole('row', { name: new RegExp(`^Explain ${CLIENT} ssh`) }).waitFor();
    await addAddresses(client, 'eth0', '10.7.0.77');
    await client.run('nc.openbsd', '-z', '-w', '1', '-s', STRANGER, SERVER, '7000').catch(() => '');
    await client.run('nc.openbsd', '-z', '-w', '1', '-s', STRANGER, SERVER, '9000').catch(() => '');
    const sources = section(page, 'Recent sources');
    await sources.getByRole('row', { name: new RegExp(`${STRANGER}.*wrong knock`) }).waitFor();
    // The day has a column for it.
    await page.locator('.day .failure[d^=M]').first().waitFor({ state: 'attached' });

    await sources.getByRole('button', { name: `Explain ${STRANGER}` }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/the second knock hit tcp\/9000 instead of tcp\/8000/).waitFor();
    assert.deepEqual(await findBarriers(page), []);
    await dialog.getByRole('button', { name: 'Done' }).click();

    await open.getByRole('button', { name: `Extend: ssh, ${CLIENT}` }).click();
    await page.getByRole('status').getByText(`ssh: extended for ${CLIENT}`).waitFor();
    await section(page, 'Doors').getByRole('button', { name: 'Open <b>web</b>' }).click();
    await dialog.getByLabel('Address').fill('192.0.2.7');
    await dialog.getByRole('button', { name: 'Open', exact: true }).click();
    await open.getByRole('row', { name: /192\.0\.2\.7 <b>web<\/b> .* root \(web\)/ }).waitFor();
    assert.deepEqual(await findBarriers(page), []);
    await page.getByLabel('Colours').selectOption('dark');
    assert.deepEqual(await findBarriers(page), []);

    await open.getByRole('button', { name: `Close: ssh, ${CLIENT}` }).click();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await open.getByRole('button', { name: `Close: ssh, ${CLIENT}` }).click();
    await dialog.getByRole('button', { name: 'Close', exact: true }).click();
    await open.getByRole('row', { name: new RegExp(`${CLIENT} ssh`) }).waitFor({ state: 'detached' });
    await section(page, 'Last 24 hours').getByText('root (web)').waitFor();
    await sources.getByRole('button', { name: `Ban: ${STRANGER}` }).click();
    await dialog.getByRole('button', { name: 'Ban', exact: true }).click();
    const banned = section(page, 'Banned and in penalty');
    await banned.getByText('banned permanently').waitFor();
    await banned.getByRole('button', { name: `Lift the ban: ${STRANGER}` }).click();
    await page.getByRole('status').getByText(`${STRANGER}: no longer banned`).waitFor();
    await stage.control.knockd.saw(/no longer banned, by root \(web\)$/m);

    const scan = Array.from({ length: 12 }, (_, index) => String(8998 + index));
    await client.run(
      'sh',
      '-c',
      `for port in ${scan.join(' ')}; do nc.openbsd -z -w 1 -s ${STRANGER} ${SERVER} $port; done; true`,
    );
    await banned
      .getByRole('listitem')
      .filter({ hasText: STRANGER })
      .getByText(/in penalty until/)
      .waitFor();
    await page.locator('.day .penalised[d^=M]').waitFor({ state: 'attached' });
    assert.deepEqual(await findBarriers(page), []);

    for (const [tag, words] of [
      ['de', 'Offene Türen'],
      ['it', 'Porte aperte'],
    ] as const) {
      await page.getByRole('combobox').first().selectOption(tag);
      await section(page, words).waitFor();
      assert.equal(await page.locator('html').getAttribute('lang'), tag);
    }
    await assertTranslated(stage);
    assert.deepEqual(problems, []);
  });

  test('a phone: nothing is wider than it; by the keyboard alone; read-only; the daemon that says nothing is shown as stale', async () => {
    await using stage = await WebFixture.create(DOORS, '--read-only');
    const { control } = stage;
    await control.client.run(C_KNOCK, SERVER, '7000', '8000', '9000');
    const { page, problems } = await stage.open({
      viewport: { width: 400, height: 800 },
      colorScheme: 'dark',
    });
    const open = section(page, 'Open doors');
    await open.getByText('ssh').first().waitFor();
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    assert.ok(width <= 400, `${width}`);
    assert.equal(await page.getByRole('button', { name: /Close|Extend|Ban|^Open/ }).count(), 0);
    assert.deepEqual(await findBarriers(page), []);
    await picture(page, 'web-phone');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'Skip to content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByText(`History of ${CLIENT}`).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    control.knockd.signal('SIGSTOP');
    await page.getByText(/The daemon has not answered since/).waitFor();
    assert.equal(await page.locator('.is-stale').count(), 1);
    control.knockd.signal('SIGCONT');
    await page.locator('.alerts:not(.is-stale)').waitFor({ state: 'attached' });
    await control.knockd.stop();
    await page.getByText(/no daemon runs/).waitFor();
    await control.start(DOORS);
    await page.getByText('No door is open.').waitFor();
    assert.deepEqual(problems, []);
  });

  test('a name that pretends to be another is shown as it is, and can be used; a stream that is silent is opened again', async () => {
    const name = 'ssh\u202e';
    await using stage = await WebFixture.create(
      `${DOORS}${SSH_DOOR.replace('[ssh]', `[${name}]`).replace('7000,8000', '7001,8001')}`,
    );
    await stage.control.ask('ban', '192.0.2.98', '--for', '60');
    const { page, problems } = await stage.open();
    // What happened before the page was opened is there.
    await section(page, 'Events').getByText('192.0.2.98: banned for 60 s, by root').waitFor();
    await section(page, 'Doors').getByRole('button', { name: 'Open ssh\\u{202e}' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Address').fill('192.0.2.8');
    await dialog.getByRole('button', { name: 'Open', exact: true }).click();
    await section(page, 'Open doors')
      .getByRole('row', { name: /192\.0\.2\.8 ssh\\u\{202e\}/ })
      .waitFor();
    await page.clock.install();
    await page.reload();
    await section(page, 'Open doors').getByText('192.0.2.8').waitFor();
    stage.web.signal('SIGSTOP');
    const again = page.waitForRequest(/\/api\/live$/, { timeout: 60_000 });
    await page.clock.runFor(30_000);
    await again;
    stage.web.signal('SIGCONT');
    await page.locator('.alerts:not(.is-stale)').waitFor({ state: 'attached' });
    assert.deepEqual(problems, []);
  });

  test('without the token the page says so, and shows nothing', async () => {
    await using stage = await WebFixture.create(DOORS);
    const { page } = await stage.open();
    await page.getByText('No door is open.').waitFor();
    await page.evaluate('sessionStorage.clear()');
    await page.reload();
    await page.getByText('The token is missing or no longer valid').waitFor();
    assert.equal(await page.getByRole('region').count(), 0);
  });

  test("started by systemd's socket: it serves there, and keeps its token in its file", async () => {
    await using control = await ControlFixture.create(DOORS);
    const { server, directory } = control;
    const token = directory.file('token');
    const web = [BUSSA, 'web', '--state', directory.path, '--token-file', token];
    await using _activated = server.start('systemd-socket-activate', '-l', '127.0.0.1:7475', ...web);
    const url = 'http://127.0.0.1:7475/api/bans';
    const curl = (...words: readonly string[]): Promise<string> =>
      server.run('curl', '-s', '--retry', '20', '--retry-connrefused', '--retry-delay', '1', ...words);
    assert.match(await curl(url), /the token is missing or wrong/);
    const authorization = `Authorization: Bearer ${readFileSync(token, 'utf8').trim()}`;
    assert.equal(await curl('-H', authorization, url), '{"answer":[]}\n');
  });

  test('users, and what came of the last proof of each', async () => {
    await using signer = await KnockSigner.create({ alice: [], bob: [] });
    const door = '[ssh]\n  accept = key\n  open = tcp/22\n  open_for = 300\n';
    await using stage = await WebFixture.create(signer.options + door);
    await using sender = await PayloadSender.start(stage.control.client);
    const { page, problems } = await stage.open();
    const users = section(page, 'Users').getByRole('listitem');
    await users.filter({ hasText: 'bob' }).getByText('0 open').waitFor();
    const signed = await signer.sign({ key: 'alice' });
    await sender.send(CLIENT, SERVER, SIGNED_PORT, signed.packet);
    const alice = users.filter({ hasText: 'alice' });
    await alice.getByText('1 open').waitFor();
    await alice.getByText('opened for 300 s').waitFor();
    await section(page, 'Open doors')
      .getByRole('row', { name: /ssh .* alice/ })
      .waitFor();
    assert.deepEqual(await findBarriers(page), []);
    assert.deepEqual(problems, []);
  });
});
