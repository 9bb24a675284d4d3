import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { acceptProof, addSignedPort } from '../../../src/core/config/file/edit-config.ts';
import { parseConfig } from '../../../src/core/config/file/parse-config.ts';
import { renderDiagnostic } from '../../../src/core/text/diagnostic.ts';
import { addCredentials, removeKeys, removeUser, setUserOff } from '../../../src/core/users/edit-users.ts';
import { parseUsers } from '../../../src/core/users/parse-users.ts';
import { nodeCiphers } from '../../../src/host/crypto/node-ciphers.ts';
import { publicKeyLine } from './key-lines.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (made: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(made);
const [one, two, three] = [1, 2, 3].map(publicKeyLine) as [string, string, string];

const FILE = `# people
[alice]
\t# her laptop
\tkey = ${one}

# the night shift
[bob]
key = ${two} # at the desk
off = no
# the end
`;

suite('edits of the users file', () => {
  test('a new user, in an empty file and behind others', () => {
    assert.equal(
      text(addCredentials(bytes(''), 'carol', [`key = ${three}`], [])),
      `[carol]\nkey = ${three}\n`,
    );
    assert.equal(
      text(addCredentials(bytes(FILE), 'carol', [`key = ${three}`], ['ssh', 'web'])),
      `${FILE}\n[carol]\nkey = ${three}\ndoors = ssh, web\n`,
    );
    assert.equal(
      text(addCredentials(bytes('# mine'), 'carol', [`key = ${three}`], [])),
      `# mine\n\n[carol]\nkey = ${three}\n`,
    );
  });

  test('another key of a user stands behind his last line, indented as his others', () => {
    const expected = FILE.replace(`\tkey = ${one}\n`, `\tkey = ${one}\n\tkey = ${three}\n`);
    assert.equal(text(addCredentials(bytes(FILE), 'alice', [`key = ${three}`], [])), expected);
  });

  test('doors are added to those that a user has; who may open all goes on to', () => {
    const some = `[a]\nkey = ${one}\ndoors = ssh\n`;
    assert.match(
      text(addCredentials(bytes(some), 'a', [`key = ${two}`], ['web', 'ssh'])),
      /^doors = ssh, web$/m,
    );
    assert.doesNotMatch(text(addCredentials(bytes(FILE), 'alice', [`key = ${three}`], ['web'])), /doors/);
  });

  test('off and on', () => {
    const off = setUserOff(bytes(FILE), 'bob', true);
    assert.equal(text(off), FILE.replace('off = no', 'off = yes'));
    assert.equal(text(setUserOff(off, 'bob', false)), FILE.replace('off = no\n', ''));
    assert.equal(text(setUserOff(bytes(FILE), 'nobody', true)), FILE);
  });

  test('a user who goes leaves the comments of the others, and a key leaves the others of its user', () => {
    assert.equal(
      text(removeUser(bytes(FILE), 'alice')),
      `# people\n\n# the night shift\n[bob]\nkey = ${two} # at the desk\noff = no\n# the end\n`,
    );
    assert.equal(
      text(removeKeys(bytes(FILE), 'bob', (line) => line.startsWith(two))),
      FILE.replace(`key = ${two} # at the desk\n`, ''),
    );
  });

  test('the mark of UTF-8 and the ends of lines stay as they are', () => {
    const dos = `\ufeff${FILE}`.replaceAll('\n', '\r\n');
    const made = text(addCredentials(bytes(dos), 'carol', [`key = ${three}`], []));
    assert.equal(made, `${dos}\r\n[carol]\r\nkey = ${three}\r\n`);
    assert.equal(parseUsers('u', bytes(made), nodeCiphers).kind, 'ok');
  });
});

suite('edits of knockd.conf', () => {
  const CONFIG = `# mine
[options]
\tUseSyslog
# the way in
[ssh]
\tsequence = 7123
\topen = tcp/22 # not yet
`.replace(' # not yet', '');

  function accepting(config: string, doors: readonly string[] = ['ssh']) {
    const made = addSignedPort(acceptProof(bytes(config), { doors, proof: 'key', user: 'alice' }), 4711);
    const result = parseConfig('c', made);
    assert.equal(
      result.kind,
      'ok',
      result.kind === 'bad' ? result.diagnostics.map(renderDiagnostic).join() : '',
    );
    return text(made);
  }

  test('what is missing is added, and nothing else changes', () => {
    const expected = CONFIG.replace('UseSyslog\n', 'UseSyslog\n\tSigned_Port = 4711\n').concat(
      '\taccept = key\n',
    );
    assert.equal(accepting(CONFIG), expected);
    assert.equal(accepting(expected), expected, 'once is enough');
  });

  test('without [options]: in front of the first door and its comment', () => {
    const made = accepting('# all\n\n# the way in\n[ssh]\nsequence = 1\nopen = tcp/22\n');
    assert.match(made, /^# all\n\n\[options\]\n\tSigned_Port = 4711\n\n# the way in\n\[ssh\]/);
  });

  test('words are added to those that stand there', () => {
    const made = accepting(
      '[options]\nSigned_Port = 9\n[ssh]\nsequence = 1\naccept = sequence\nopen = tcp/22\n[web]\nsequence = 2\naccept = key\nusers = bob\nopen = tcp/80\n',
      ['ssh', 'web'],
    );
    assert.match(made, /^accept = sequence, key$/m);
    assert.match(made, /^users = bob, alice$/m);
    assert.match(made, /^Signed_Port = 9$/m);
  });
});
