// `bussa init`, `bussa up` and `bussa confirm` where systemd runs: npm run test:systemd.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { C_KNOCK } from '../lab/knockd.ts';
import type { Program } from '../lab/program.ts';
import { assertOpen, assertShut } from '../lab/service.ts';
import { CLIENT, SERVER, STRANGER } from '../lab/wire.ts';
import { CLONE } from './booted-debian.ts';
import { door, Machine, until } from './machine.ts';

const BUSSA = `${CLONE}/bin/bussa`;
/** How long a trial lasts, and half a minute. */
const TRIAL_MS = 150_000;

describe('bussa init with systemd', { concurrency: 2 }, () => {
  // First, for it is the longest.
  test('a trial that nobody watches any more is ended by systemd, and a boot does not bring it back', async () => {
    await using machine = await Machine.create();
    await using session = await beginTrial(machine);
    await assertShut(machine.wire.client, SERVER, 22, STRANGER);
    const pid = await machine.debian.run('pgrep', '-f', 'src/cli/bussa/bussa.ts init');
    await machine.debian.run('kill', '-KILL', pid.trim());
    await session.exited;
    assert.match(await timers(machine), /bussa-init-undo\.timer/);
    assert.equal(await machine.show('ActiveState'), 'active');
    await until('the timer fires', async () => (await machine.show('ActiveState')) === 'inactive', TRIAL_MS);
    assert.equal(await machine.rules(), '');
    await assertOpen(machine.wire.client, SERVER, 22, STRANGER);
    assert.doesNotMatch(await timers(machine), /bussa-init-undo/);
    await machine.debian.reboot();
    assert.equal(await machine.show('ActiveState'), 'inactive');
    assert.equal(await machine.rules(), '');
  });

  test('the power is cut in the trial: the next boot finds the port open', async () => {
    await using machine = await Machine.create();
    await using _session = await beginTrial(machine);
    await machine.debian.cutPower();
    assert.equal(await machine.show('ActiveState'), 'inactive');
    await assertOpen(machine.wire.client, SERVER, 22, STRANGER);
  });

  test('confirmed: enabled, no timer, closed after a boot', async () => {
    await using machine = await Machine.create();
    const { wire } = machine;
    await using session = await beginTrial(machine);
    const knock = /^ {4}knock (.+?)\r?$/m.exec(session.output)?.[1]?.split(' ') ?? [];
    await wire.client.run(C_KNOCK, ...knock);
    await assertOpen(wire.client, SERVER, 22, CLIENT);
    await session.saw(/Press Enter here once you are logged in/);
    session.write('\r');
    await session.saw(/The service keeps running and starts at boot/);
    assert.equal((await session.exited).code, 0);
    assert.equal((await machine.systemctl('is-enabled', 'knockd')).trim(), 'enabled');
    assert.doesNotMatch(await timers(machine), /bussa-init-undo/);
    assert.match(machine.debian.read('/etc/default/knockd'), /^START_KNOCKD=1$/m);

    await machine.debian.reboot();
    assert.equal(await machine.show('ActiveState'), 'active');
    await assertShut(wire.client, SERVER, 22, CLIENT);
    await wire.client.run(C_KNOCK, ...knock);
    await assertOpen(wire.client, SERVER, 22, CLIENT);
  });

  test('confirmed by bussa confirm in another session: told of, enabled, and the dialogue sees it', async () => {
    await using machine = await Machine.create();
    const { debian } = machine;
    await using session = await beginTrial(machine);
    assert.match(await debian.run(BUSSA, 'status'), /^trial +\d+ s left/m);
    assert.match(await debian.run(BUSSA, 'confirm'), /^Confirmed: the service stays/m);
    await session.saw(/Confirmed by `bussa confirm`/);
    assert.equal((await session.exited).code, 0, session.output);
    assert.equal((await machine.systemctl('is-enabled', 'knockd')).trim(), 'enabled');
    assert.equal(await machine.show('ActiveState'), 'active');
    assert.doesNotMatch(await timers(machine), /bussa-init-undo/);
    assert.match(await debian.run(BUSSA, 'confirm'), /nothing to confirm/);
  });

  test('where a configuration is there and nobody has confirmed it, the trial is offered again', async () => {
    await using machine = await Machine.create();
    await using first = await beginTrial(machine);
    await first.saw(/Press Enter here once you are logged in/);
    first.write('\u0003');
    await first.exited;
    await using again = dialogue(machine);
    await again.saw(/already exists and stays as it is/);
    await again.saw(/tart the service knockd now\?.*\[Y\/n\]: /);
    again.write('\r');
    await again.saw(/Press Enter here once you are logged in/);
    again.write('\r');
    assert.equal((await again.exited).code, 0, again.output);
    assert.equal((await machine.systemctl('is-enabled', 'knockd')).trim(), 'enabled');
  });

  for (const [what, end] of [
    ['Ctrl-C', (session: Program) => session.write('\u0003')],
    ['the end of its terminal', (session: Program) => session.signal('SIGKILL')],
  ] as const) {
    test(`${what} in the trial undoes it at once`, async () => {
      await using machine = await Machine.create();
      await using session = await beginTrial(machine);
      await session.saw(/Press Enter here once you are logged in/);
      end(session);
      assert.notEqual((await session.exited).code, 0);
      await until('the service is stopped', async () => (await machine.show('ActiveState')) === 'inactive');
      await until('the timer is gone', async () => !(await timers(machine)).includes('bussa-init-undo'));
      assert.equal(await machine.rules(), '');
    });
  }

  test('what cannot start is undone: no timer, nothing closed', async () => {
    await using machine = await Machine.withUnit('');
    await machine.edit('broken', '[Service]\nExecStartPre=/bin/false\n');
    await using session = dialogue(machine, '--force');
    await answerAll(session);
    assert.equal((await session.exited).code, 1);
    assert.match(session.output, /systemctl start knockd\.service: /);
    assert.doesNotMatch(await timers(machine), /bussa-init-undo/);
    assert.equal(await machine.rules(), '');
  });
});

describe('bussa up with systemd', { concurrency: 2 }, () => {
  test('confirmed from another terminal; not beside the service', async () => {
    await using machine = await Machine.withUnit(door(60));
    const { debian, wire } = machine;
    await using up = debian.start(BUSSA, 'up', '--confirm', '60');
    await up.saw(/reverting in \d+ s unless you confirm/);
    await machine.knock();
    await up.saw(/10\.7\.0\.2: ssh: opened tcp\/22/);
    await assertOpen(wire.client, SERVER, 22, CLIENT);
    await debian.run(BUSSA, 'confirm');
    await up.saw(/confirmed by bussa confirm/);
    await assertShut(wire.client, SERVER, 22, STRANGER);
    await assert.rejects(machine.systemctl('start', 'knockd'), 'one daemon at a time');
    const [, pid = ''] = /process (\d+)/.exec(await debian.run(BUSSA, 'status')) ?? [];
    await debian.run('kill', pid);
    assert.equal((await up.exited).code, 0);
    assert.equal(await machine.rules(), '');

    await machine.systemctl('restart', 'knockd');
    await using second = debian.start(BUSSA, 'up');
    assert.notEqual((await second.exited).code, 0);
    assert.equal(await machine.show('ActiveState'), 'active');
  });
});

const timers = (machine: Machine): Promise<string> => machine.systemctl('list-timers', '--all', '--no-pager');

function dialogue(machine: Machine, ...more: readonly string[]): Program {
  const words = [BUSSA, 'init', '--port', '22', '--for', '60', '--host', SERVER, ...more];
  return machine.debian.start('script', '-qec', words.join(' '), '/dev/null');
}

async function answerAll(session: Program): Promise<void> {
  await session.saw(/Write \/etc\/knockd\.conf\? \[Y\/n\]: /);
  session.write('\r');
  await session.saw(/tart the service knockd now\?.*\[Y\/n\]: /);
  session.write('\r');
}

/** From a clone and nothing else to a closed port. */
async function beginTrial(machine: Machine): Promise<Program> {
  const session = dialogue(machine);
  await answerAll(session);
  await session.saw(/Strangers cannot reach, judged by the whole ruleset: tcp\/\d+/);
  return session;
}
