// packaging/bussa-web.socket and bussa-web.service under a systemd that has booted: npm run test:systemd.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CLONE } from './booted-debian.ts';
import { enablePage } from './enable-page.ts';
import { door, Machine, until } from './machine.ts';

const PAGE = 'http://127.0.0.1:7474';
const CONFIG = `[options]\n  Control_Group = knockops\n${door(60)}`;

describe('the page under systemd', () => {
  test('the first visitor starts it, without privileges; it gives orders; it comes back after a boot', async () => {
    await using machine = await Machine.withUnit(CONFIG);
    const { wire, debian } = machine;
    await machine.systemctl('enable', '--now', 'knockd');
    await debian.run('ln', '-sf', `${CLONE}/bin/bussa`, '/usr/local/bin/bussa');
    const units = ['bussa-web.service', 'bussa-web.socket'].map((name) => `${CLONE}/packaging/${name}`);
    await debian.run('cp', ...units, '/etc/systemd/system/');
    const state = async (property: string): Promise<string> =>
      (await machine.systemctl('show', '--value', '-p', property, 'bussa-web.service')).trim();
    const token = await enablePage(debian, wire.server);
    assert.equal(await state('ActiveState'), 'active');
    const curl = (...words: readonly string[]): Promise<string> => wire.server.run('curl', '-sS', ...words);
    assert.match(await curl(`${PAGE}/api/bans`), /the token is missing or wrong/);
    const authorization = ['-H', `Authorization: Bearer ${token}`];
    const order = JSON.stringify({ verb: 'open', door: 'ssh', ip: '192.0.2.7' });
    const answer = await curl(
      ...[...authorization, '-H', 'Content-Type: application/json', '-H', `Origin: ${PAGE}`],
      ...['-d', order, `${PAGE}/api/order`],
    );
    assert.match(answer, /"outcome":"opened"/);
    assert.match(await machine.rules(), /192\.0\.2\.7/);
    const journal = await debian.run('journalctl', '-u', 'knockd', '-o', 'cat');
    assert.match(journal, /192\.0\.2\.7: ssh: the operator's order: open it .*, by bussa-web \(web\)$/m);

    const process = await debian.run('cat', `/proc/${await state('MainPID')}/status`);
    const field = (name: string): string => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(process)?.[1] ?? '';
    for (const set of ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) assert.match(field(set), /^0+$/, set);
    assert.equal(field('NoNewPrivs'), '1');
    assert.notEqual(field('Uid'), '0');

    await debian.reboot();
    await until('the daemon runs', async () => (await machine.show('ActiveState')) === 'active');
    assert.equal(await state('ActiveState'), 'inactive');
    // The token has been kept: the address in a bookmark works again.
    assert.equal(await curl(...authorization, `${PAGE}/api/bans`), '{"answer":[]}\n');
    assert.equal(await state('ActiveState'), 'active');
  });
});
