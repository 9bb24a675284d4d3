// Verbs judge the configuration of the daemon that they find, not /etc/knockd.conf; and they see its trial.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { BUSSA, UpStage } from './up-stage.ts';

type Report = { readonly findings: readonly { readonly id: string; readonly message: string }[] };

test('doctor and check judge the file of the daemon that runs there, and doctor tells of its trial', async () => {
  await using stage = await UpStage.create();
  const state = stage.directory.path;
  const up = stage.up('--confirm', '600');
  await up.saw(/reverting in \d+ s unless you confirm/);
  const ask = async (...words: readonly string[]): Promise<string> => {
    // A problem that the doctor finds is status 1.
    const program = stage.server.start(BUSSA, ...words);
    await program.exited;
    return program.output;
  };
  const doctor = async (): Promise<Report> =>
    JSON.parse(await ask('doctor', '--json', '--state', state)) as Report;
  const messageOf = ({ findings }: Report, id: string): string =>
    findings.find((one) => one.id === id)?.message ?? '';
  const first = await doctor();
  assert.ok(messageOf(first, 'configuration').includes(stage.config), messageOf(first, 'configuration'));
  assert.match(messageOf(first, 'trial'), /^trial: \d+ s left/);
  assert.match(await ask('check', '--state', state), new RegExp(`${RegExp.escape(stage.config)}: good`));
  assert.match(await ask('status', '--state', state), /trial: \d+ s left/);

  // Without a name the trial is found, and the file stays known.
  assert.match(await ask('confirm', '--state', state), /^Confirmed/m);
  assert.match(await ask('confirm', '--state', state), /nothing to confirm/);
  const second = await doctor();
  assert.equal(messageOf(second, 'trial'), '');
  assert.ok(messageOf(second, 'configuration').includes(stage.config));
  assert.doesNotMatch(await ask('status', '--state', state), /trial:/);
  assert.equal((await up.stop()).code, 0);
  mkdirSync(stage.directory.file('empty'));
  assert.match(await ask('check', '--state', stage.directory.file('empty')), /knockd\.conf/);
});
