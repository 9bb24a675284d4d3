// packaging/bussa-fleet.service under a systemd that has booted, set up as `bussa fleet init` prints: npm run test:systemd.

import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { describe, test } from 'node:test';
import { LabEngine } from '../lab/engine.ts';
import { CLIENT } from '../lab/wire.ts';
import { CLONE } from './booted-debian.ts';
import { door, Machine, until } from './machine.ts';

const PORT = 6390;

describe('the carrier of a fleet under systemd', () => {
  test('without its group it does not start again and again; by what init prints it reaches daemon and engine, unprivileged', async () => {
    await using machine = await Machine.withUnit(door(60));
    const { wire, debian } = machine;
    await using engine = await LabEngine.start({
      ...{ fleet: 'edge', members: ['gw1'], address: CLIENT, port: PORT },
      start: (command, ...args) => wire.client.start(command, ...args),
    });
    await debian.run('ln', '-sf', `${CLONE}/bin/bussa`, '/usr/local/bin/bussa');
    await debian.run('cp', `${CLONE}/packaging/bussa-fleet.service`, '/etc/systemd/system/');
    await machine.systemctl('daemon-reload');
    await machine.systemctl('enable', '--now', 'knockd');
    const state = async (property: string): Promise<string> =>
      (await machine.systemctl('show', '--value', '-p', property, 'bussa-fleet')).trim();
    const journal = (): Promise<string> => debian.run('journalctl', '-u', 'bussa-fleet', '-o', 'cat');

    await machine.systemctl('start', 'bussa-fleet').catch(() => undefined);
    await until('it has failed', async () => (await state('ActiveState')) === 'failed');
    assert.match(await journal(), /216\/GROUP/);
    assert.equal(await state('NRestarts'), '0');

    const words = ['fleet', 'init', 'gw1', '--fleet', 'edge', '--engine', engine.urlFor('gw1')];
    const printed = await debian.run('bussa', ...words);
    cpSync(engine.filesFor('gw1'), debian.file('/etc/bussa/fleet-engine'), { recursive: true });
    const commands = /as root:\n\n([\s\S]+)$/.exec(printed)?.[1] ?? assert.fail(printed);
    await debian.run('sh', '-e', '-c', commands);

    const status = async (): Promise<string> => debian.run('bussa', 'fleet', 'status').catch(String);
    await until('the engine is connected', async () => / connected to /.test(await status()));
    const process = await debian.run('cat', `/proc/${await state('MainPID')}/status`);
    const field = (name: string): string => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(process)?.[1] ?? '';
    for (const set of ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) assert.match(field(set), /^0+$/, set);
    assert.equal(field('NoNewPrivs'), '1');
    assert.notEqual(field('Uid'), '0');

    await machine.systemctl('restart', 'knockd');
    await until('it follows the new daemon', async () => / connected/.test(await status()));
    assert.equal(await state('NRestarts'), '0');
  });
});
