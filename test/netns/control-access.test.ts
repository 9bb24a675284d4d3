/** Who reaches the control socket: the daemon's own user, and the members of its `Control_Group`. */
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { CLIENT } from '../lab/wire.ts';
import { ControlFixture, SSH_DOOR } from './control-fixture.ts';
import { BUSSA } from './up-fixture.ts';

/** Of nobody on this machine. */
const GROUP = 4_242_421;
const USER = 4_242_422;
const SHARED = `[options]\n  control_group = ${GROUP}\n`;

/** `bussa` as a user that is nobody, and a member of these groups. */
async function askAs(stage: ControlFixture, groups: string, ...words: readonly string[]) {
  const who = [
    '--reuid',
    `${USER}`,
    '--regid',
    `${USER}`,
    ...(groups === '' ? ['--clear-groups'] : ['--groups', groups]),
  ];
  const where = ['-c', stage.directory.file('knockd.conf'), '--state', stage.directory.path];
  await using bussa = stage.server.start('setpriv', ...who, BUSSA, ...words, ...where);
  const { code } = await bussa.exited;
  return { code, output: bussa.output };
}

const modeOf = (path: string): number => statSync(path).mode & 0o7777;

/** What lies in the daemon's own directory that somebody beside its owner may use. */
function shared(stage: ControlFixture): string[] {
  const { path } = stage.directory;
  const own = readdirSync(path).find(
    (name) => name.endsWith('knockd.conf') && statSync(join(path, name)).isDirectory(),
  );
  assert.ok(own !== undefined);
  const names = readdirSync(join(path, own));
  assert.ok(names.includes('leases.db') && names.includes('control'), names.join());
  return names.filter((name) => (modeOf(join(path, own, name)) & 0o077) !== 0);
}

describe('who reaches the control socket', () => {
  test('members of the group do, and reach nothing else; nobody else does; a reload takes it back', async () => {
    await using stage = await ControlFixture.create(SHARED + SSH_DOOR);
    const opened = await askAs(stage, `${GROUP}`, 'open', 'ssh', CLIENT);
    assert.equal(opened.code, 0, opened.output);
    assert.equal((await askAs(stage, `${USER}`, 'status')).code, 77);
    assert.deepEqual(shared(stage), ['control']);
    assert.equal(modeOf(stage.directory.path), 0o711);

    stage.directory.file('knockd.conf', SSH_DOOR);
    assert.equal((await stage.ask('reload')).code, 0);
    const refused = await askAs(stage, `${GROUP}`, 'status');
    assert.equal(refused.code, 77, refused.output);
    assert.match(
      refused.output,
      /EACCES: run this as the daemon's user, or as a member of its Control_Group/,
    );
    assert.deepEqual(shared(stage), []);
  });

  test('an unknown group is reported, and nobody gets access', async () => {
    await using stage = await ControlFixture.create(
      `[options]\n  control_group = no-such-group\n${SSH_DOOR}`,
    );
    assert.match(
      stage.knockd.output,
      /Control_Group = no-such-group: .*there is no such group in \/etc\/group/,
    );
    assert.deepEqual(shared(stage), []);
  });
});
