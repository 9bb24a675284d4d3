// Several doors that open the same port to signed knocks: each is one of its own, and the port is shut when none is open.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertOpen, assertShut } from '../lab/service.ts';
import { CLIENT, SERVER } from '../lab/wire.ts';
import { SignedFixture } from './signed-fixture.ts';

const DOORS = `[ssh]
  accept   = key
  open     = tcp/22
  open_for = 300
[admin]
  accept       = key
  users        = alice
  open         = tcp/22
  open_for     = 200
  max_open_for = 400
`;

test('two doors with the same port: which one is meant has to be said, and each closes what it opened alone', async () => {
  await using stage = await SignedFixture.create({ config: DOORS, keys: { alice: [], bob: [] } });
  const { client } = stage.wire;
  const status = async (asked: Parameters<typeof stage.knock>[0]) => (await stage.knock(asked))?.status;

  assert.equal(await status({}), 'refused');
  await stage.knockd.saw(/alice names no door, and may not open exactly one/);
  assert.equal(await status({ door: 'nowhere' }), 'refused');
  assert.equal(await status({ key: 'bob', door: 'admin' }), 'refused');
  await assertShut(client, SERVER, 22, CLIENT);

  const ssh = await stage.knock({ door: 'ssh', seconds: 4000 });
  assert.ok(Math.abs((ssh?.left ?? 0) - 300_000) < 60_000, 'without max_open_for, no longer than open_for');
  const admin = await stage.knock({ door: 'admin', seconds: 4000 });
  assert.ok(Math.abs((admin?.left ?? 0) - 400_000) < 60_000, 'no longer than max_open_for');
  await assertOpen(client, SERVER, 22, CLIENT);
  assert.equal(await status({ kind: 'close', door: 'ssh' }), 'open', 'the order was taken');
  await assertOpen(client, SERVER, 22, CLIENT);
  assert.equal(await status({ kind: 'close', door: 'admin' }), 'open', 'the order was taken');
  await assertShut(client, SERVER, 22, CLIENT);

  // Who may open one alone need not name it.
  assert.equal(await status({ key: 'bob' }), 'open');
  await assertOpen(client, SERVER, 22, CLIENT);
  assert.equal(await status({ key: 'bob', kind: 'close' }), 'open');
  await assertShut(client, SERVER, 22, CLIENT);
});
