import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { sshPeer } from '../../src/host/terminal/ssh-peer.ts';

const MODULE = new URL('../../src/host/terminal/ssh-peer.ts', import.meta.url).href;
const TELL = `import { sshPeer } from '${MODULE}'; console.log(sshPeer(process.env));`;

test('where the person at the keyboard is connected from, also through sudo', () => {
  assert.equal(sshPeer({ SSH_CONNECTION: '2001:db8::7 50022 2001:db8::1 22' }), '2001:db8::7');
  assert.equal(sshPeer({ SSH_CONNECTION: 'nonsense' }), undefined);
  // A shell that has it, with one in between that has not.
  const told = execFileSync(
    '/bin/sh',
    [
      '-c',
      'env -u SSH_CONNECTION /bin/sh -c \'"$0" --input-type=module -e "$1"; :\' "$0" "$1"; :',
      process.execPath,
      TELL,
    ],
    { env: { SSH_CONNECTION: '192.0.2.7 50022 192.0.2.1 22' }, encoding: 'utf8' },
  );
  assert.equal(told, '192.0.2.7\n');
});
