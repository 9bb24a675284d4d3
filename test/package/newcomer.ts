/**
 * README.md, as somebody new to it types it, on bare systems: each way to install Bussa, `bussa init` at a terminal, the
 * trial, the knock, and a login with a real ssh. The commands are read out of README.md. A part of npm run test:package.
 *
 *     client                          server
 *     eth0 10.7.0.2            ────   eth0 10.7.0.1
 *     knock, ssh                      sshd on 22, bussa up
 *     both: the same bare system in a directory
 */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { assertOpen, assertShut } from '../lab/service.ts';
import { CLIENT, SERVER, STRANGER } from '../lab/wire.ts';
import { type Suite, SYSTEMS } from './bare-system.ts';
import { NewcomerStage, readme } from './newcomer-stage.ts';
import { assertSlim, WAYS, type WayName } from './newcomer-ways.ts';

const TOP = '';
const FIVE_MINUTES = 'Hide SSH in five minutes';

describe('a newcomer who types what README.md says', () => {
  for (const suite of Object.keys(SYSTEMS) as Suite[])
    for (const way of Object.keys(WAYS) as WayName[])
      test(`${SYSTEMS[suite].title}: is in by the ${way}`, (t) => getsIn(t, suite, way));
});

async function getsIn(t: TestContext, suite: Suite, way: WayName): Promise<void> {
  await using stage = await NewcomerStage.create(suite);
  const { wire } = stage;
  const begun = performance.now();
  const { init, says } = await WAYS[way](stage);
  const drawn = await stage.answerInit(init);
  t.diagnostic(
    `${((performance.now() - begun) / 1000).toFixed(0)} s from the first command to the end of init`,
  );
  if (way === 'clone') await assertSlim(stage);
  /** With the knocks that init has drawn. */
  const typed = (text: string): string => says(text.replaceAll('17259 4861 21317 9534', drawn));

  await using sshd = stage.onServer('exec /usr/sbin/sshd -D -e -o UsePAM=no -o PermitRootLogin=yes');
  await sshd.saw(/Server listening on :: port 22/);
  await assertOpen(wire.client, SERVER, 22, CLIENT);
  await using daemon = stage.onServer(typed(readme(FIVE_MINUTES, 'sh server running')));
  await daemon.saw(/listening on .*\.\.\.\n/, 1, 60_000);
  for (const from of [CLIENT, STRANGER]) await assertShut(wire.client, SERVER, 22, from);

  await using session = stage.onClient(typed(readme(FIVE_MINUTES, 'sh client')));
  session.write(`${says('bussa confirm\n')}echo inside as $USER\nexit\n`);
  await session.saw(/^inside as root$/m, 1, 60_000);
  assert.match(session.output, /^Confirmed: /m);
  await assertShut(wire.client, SERVER, 22, STRANGER);
  assert.equal((await session.exited).code, 0, session.output);

  // bash alone can knock.
  await stage.finish(stage.onServer(says('bussa close --all')));
  await assertShut(wire.client, SERVER, 22, CLIENT);
  await using knock = stage.onClient(typed(readme(FIVE_MINUTES, 'sh client', 1)), 'bash');
  await knock.exited;
  await daemon.saw(/OPEN SESAME/, 2);
  await daemon.saw(/opened tcp\/22/, 2);
  await assertOpen(wire.client, SERVER, 22, CLIENT);
  assert.equal(readme(TOP, 'sh client'), readme(FIVE_MINUTES, 'sh client'));
  await stage.finish(stage.onServer(says('bussa close --all')));
}
