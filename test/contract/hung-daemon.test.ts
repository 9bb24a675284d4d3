// A daemon that is stopped or hung: whoever changes its users is told, and does not wait for minutes.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { controlSocketIn, stateName } from '../../src/app/state/open-state.ts';
import { reloadUsers, revoke, revokeAccess } from '../../src/app/users/reload-users.ts';
import { Scratch } from '../lab/child-module.ts';

test('a daemon that accepts connections and says nothing is not taken for none', async () => {
  using scratch = new Scratch();
  const configFile = scratch.file('knockd.conf', '');
  const stateDirectory = path.dirname(configFile);
  const state = path.join(stateDirectory, stateName(configFile, undefined));
  mkdirSync(state);
  const sockets = new Set<{ destroy(): void }>();
  const silent = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  silent.listen(controlSocketIn(state));
  await once(silent, 'listening');
  const choice = { configFile, stateDirectory };
  const told = await Promise.all([
    reloadUsers(choice),
    revokeAccess(choice, 'alice'),
    revoke(choice, 'alice'),
  ]);
  for (const notice of told) {
    assert.equal(notice.kind, 'refused');
    assert.match(
      notice.kind === 'refused' ? notice.reasons.join() : '',
      /^the daemon does not answer: .*; what it has opened stays open until it is restarted/,
    );
  }
  for (const socket of sockets) socket.destroy();
  silent.close();
});
