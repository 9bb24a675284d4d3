import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseConfig } from '../../../src/core/config/file/parse-config.ts';
import { planAccess } from '../../../src/core/fwknop/plan-access.ts';
import { AccessReader, type ReadIncluded } from '../../../src/core/fwknop/read-access.ts';
import { renderImportedDoor, renderImportedUser } from '../../../src/core/fwknop/render-imported.ts';
import { renderSpaLine } from '../../../src/core/spa/render-fwknoprc.ts';
import type { WantedPort } from '../../../src/core/spa/spa-request.ts';
import { renderDiagnostic } from '../../../src/core/text/diagnostic.ts';
import { parseUsers } from '../../../src/core/users/parse-users.ts';
import { nodeCiphers } from '../../../src/host/crypto/node-ciphers.ts';

const key = (seed: number): string => Buffer.alloc(32, seed).toString('base64');
const hmac = Buffer.alloc(64, 9).toString('base64');
const keys = (seed: number): string => `KEY_BASE64 ${key(seed)}\nHMAC_KEY_BASE64 ${hmac}\n`;

const nothingElse: ReadIncluded = () => 'there is no such file';

function imported(text: string, about: { ports?: readonly WantedPort[]; include?: ReadIncluded } = {}) {
  const reader = new AccessReader(about.include ?? nothingElse);
  reader.read('access.conf', new TextEncoder().encode(text));
  const situation = {
    doorNames: ['ssh'],
    userNames: ['alice'],
    keyOwners: new Map(),
    ports: about.ports ?? [],
  };
  const plan = planAccess(reader.stanzas, situation);
  return { plan, told: reader.diagnostics.map(renderDiagnostic) };
}

suite('access.conf as doors and users', () => {
  test('every setting that they can have is taken over, and what is made is read without a mistake', () => {
    const { plan, told } = imported(
      `# mine\nSOURCE: 192.0.2.77/24, 198.51.100.1;\n${keys(1)}OPEN_PORTS: tcp/22, udp/53;\nFW_ACCESS_TIMEOUT 60\nMAX_FW_TIMEOUT 600\nREQUIRE_USERNAME alice\nREQUIRE_SOURCE Y\nDESTINATION 10.0.0.1\nACCESS_EXPIRE 02/03/2027\nENCRYPTION_MODE ctr\nHMAC_DIGEST_TYPE SHA512\nRESTRICT_PORTS udp/53\nSOURCE ANY\n${keys(2)}CMD_CYCLE_OPEN /bin/a $IP $SRC\nCMD_CYCLE_CLOSE /bin/b $IP\nCMD_CYCLE_TIMER 20\nACCESS_EXPIRE_EPOCH 1800000000\nSOURCE ANY\nKEY pass phrase\nENCRYPTION_MODE legacy\nOPEN_PORTS tcp/22\n`,
    );
    assert.deepEqual(told, []);
    assert.deepEqual(plan.doors.map(renderImportedDoor), [
      '[spa-tcp-22]\n\taccept = spa\n\tusers = alice-2\n\topen = tcp/22\n\topen_for = 60\n\tmax_open_for = 600\n\trequire_source = yes\n\ttarget = 10.0.0.1\n',
      '[spa-command]\n\taccept = spa\n\tusers = fwknop-2\n\tstart_command = /bin/a %IP% %IP%\n\tstop_command = /bin/b %IP%\n\tcmd_timeout = 20\n',
      '[spa-tcp-22-2]\n\taccept = spa\n\tusers = fwknop-3\n\topen = tcp/22\n\topen_for = 30\n\tmax_open_for = 300\n',
    ]);
    const users = plan.users.map((one) =>
      renderImportedUser(one, renderSpaLine(one.credential, one.spaUser)),
    );
    assert.deepEqual(users, [
      `[alice-2]\nspa = key ${key(1)} hmac ${hmac} sha512 ctr user alice\ndoors = spa-tcp-22\nfrom = 192.0.2.0/24, 198.51.100.1\nuntil = 2027-02-03\n`,
      `[fwknop-2]\nspa = key ${key(2)} hmac ${hmac} sha256 cbc\ndoors = spa-command\nuntil = 2027-01-15 08:00:00 Z\n`,
      `[fwknop-3]\nspa = key ${Buffer.from('pass phrase').toString('base64')} no-hmac legacy\ndoors = spa-tcp-22-2\n`,
    ]);
    assert.match(plan.warnings.map(({ what }) => what).join(), /no HMAC key/);
    const bytes = (texts: readonly string[]): Uint8Array => new TextEncoder().encode(texts.join('\n'));
    assert.equal(parseConfig('k', bytes(plan.doors.map(renderImportedDoor))).kind, 'ok');
    assert.equal(parseUsers('u', bytes(users), nodeCiphers).kind, 'ok');
  });

  test('what Bussa has otherwise is named with its place, and how', () => {
    const { plan, told } = imported(
      `SOURCE ANY\nGPG_DECRYPT_ID A\nGPG_DECRYPT_PW b\nSOURCE ANY\n${keys(1)}FORCE_NAT 10.0.0.1 22\nOPEN_PORTS tcp/22\nSOURCE ANY\n${keys(2)}OPEN_PORTS tcp/22\nENABLE_CMD_EXEC Y\nSOURCE ANY\n${keys(3)}SOURCE ANY\n${keys(2)}OPEN_PORTS tcp/23\nREQUIRE_USERNAME bob\nSOURCE ANY\n${keys(4)}CMD_CYCLE_OPEN /bin/a $PORT\nCMD_CYCLE_CLOSE NONE\nSOURCE ANY\n${keys(5)}OPEN_PORTS tcp/1\nDESTINATION 10.0.0.0/8\n`,
    );
    assert.deepEqual(told, []);
    assert.deepEqual(
      plan.leftOut.map(({ line, stanza, isWhole, what }) => [
        line,
        stanza,
        isWhole === true,
        what.split(':')[0],
      ]),
      [
        [2, 1, true, 'GPG packets'],
        [7, 2, true, 'fwknop’s address translation'],
        [13, 3, false, 'commands that the client sends'],
        [14, 4, true, 'it opens any port that a client asks for'],
        [17, 5, true, 'its key is that of stanza 3, with another HMAC, user name or end'],
        [22, 6, true, 'its command uses $PORT, which no command of a door knows'],
        [27, 7, true, 'DESTINATION is more than one address'],
      ],
    );
    assert.deepEqual(
      plan.users.map(({ name }) => name),
      ['fwknop-3'],
    );
  });

  test('GPG, RESTRICT_PORTS and ports beside a command are named where the rest of the stanza is taken over', () => {
    const { plan, told } = imported(
      `SOURCE ANY\n${keys(1)}GPG_DECRYPT_ID A\nGPG_DECRYPT_PW b\nGPG_REMOTE_ID C\nOPEN_PORTS tcp/22\nSOURCE ANY\n${keys(2)}OPEN_PORTS tcp/5\nCMD_CYCLE_OPEN /bin/a\nCMD_CYCLE_CLOSE NONE\nSOURCE ANY\n${keys(3)}OPEN_PORTS tcp/22\nRESTRICT_PORTS tcp/22\n`,
    );
    assert.deepEqual(told, []);
    assert.deepEqual(
      plan.leftOut.map(({ line, stanza, isWhole, what }) => [
        line,
        stanza,
        isWhole === true,
        what.split(':')[0],
      ]),
      [
        [4, 1, false, 'GPG packets'],
        [11, 2, false, 'the ports of a stanza with a command'],
        [14, 3, true, 'RESTRICT_PORTS has all the ports that it may open'],
      ],
    );
    assert.deepEqual(
      plan.users.map(({ name }) => name),
      ['fwknop-1', 'fwknop-2'],
    );
  });

  test('stanzas with the same key are one user, whose doors say from where each may be opened', () => {
    const { plan, told } = imported(
      `SOURCE 10.0.0.0/8\n${keys(1)}OPEN_PORTS tcp/22,tcp/80\nSOURCE 192.0.2.1\n${keys(1)}OPEN_PORTS tcp/22\nFW_ACCESS_TIMEOUT 10\nSOURCE 10.0.0.0/8\n${keys(2)}OPEN_PORTS tcp/22,tcp/80\n`,
    );
    assert.deepEqual(told, []);
    assert.deepEqual(plan.leftOut, []);
    const [first, second] = plan.users.map((one) => renderImportedUser(one, 'spa = x'));
    assert.equal(
      first,
      '[fwknop-1]\nspa = x\ndoors = spa-tcp-22, spa-tcp-80, spa-tcp-22-2\nfrom = 10.0.0.0/8, 192.0.2.1\n',
    );
    assert.equal(second, '[fwknop-3]\nspa = x\ndoors = spa-tcp-22-3, spa-tcp-80-2\nfrom = 10.0.0.0/8\n');
    assert.deepEqual(
      plan.doors.map(({ lines }) => lines.filter((line) => /^(?:open|allow) /.test(line)).join()),
      [
        'open = tcp/22,allow = 10.0.0.0/8',
        'open = tcp/80,allow = 10.0.0.0/8',
        'open = tcp/22,allow = 192.0.2.1',
        'open = tcp/22',
        'open = tcp/80',
      ],
    );
  });

  test('one door serves all stanzas that open the same port in the same way', () => {
    const { plan } = imported(
      `SOURCE ANY\n${keys(1)}OPEN_PORTS tcp/22\nSOURCE ANY\n${keys(2)}OPEN_PORTS tcp/22,tcp/22\n`,
    );
    assert.deepEqual(
      plan.doors.map(({ users }) => users),
      [['fwknop-1', 'fwknop-2']],
    );
  });

  test('every mistake is reported with its place, in the file that has it', () => {
    const include: ReadIncluded = (kind, name) =>
      name === 'gone'
        ? 'it cannot be read'
        : [{ path: `${kind} ${name}`, bytes: Buffer.from('KEY_BASE64 !\nOPEN_PORTS x\n') }];
    const { told } = imported(
      `OPEN_PORTS tcp/1\nSOURCE 1.2.3\n%include_keys k\nOPEN_PORTS tcp/99999,foo\nFW_ACCESS_TIMEOUT x\nACCESS_EXPIRE 13/40/2027\nHMAC_DIGEST_TYPE sha9\nENCRYPTION_MODE asymmetric\nOPEN_PORT tcp/1\n%include gone\nKEY\nSOURCE ANY\nKEY __CHANGEME__\n`,
      { include },
    );
    assert.deepEqual(
      told.map((line) => line.split(': ')[0]),
      [
        ...['access.conf:1:1', 'access.conf:2:8', 'access.conf:4:12', 'access.conf:4:22', 'access.conf:5:19'],
        ...[
          'access.conf:6:15',
          'access.conf:7:18',
          'access.conf:8:17',
          'access.conf:9:1',
          'access.conf:10:10',
        ],
        ...['access.conf:11:1', 'access.conf:13:5', '%include_keys k:1:12', '%include_keys k:2:1'],
      ],
      told.join('\n'),
    );
    assert.doesNotMatch(told.join('\n'), /!/, 'no message shows a key');
  });

  test('files that include each other: reading ends, and each mistake is reported once', () => {
    let read = 0;
    const text = '%include me\n'.repeat(300);
    const include: ReadIncluded = () => {
      read++;
      return [{ path: 'me', bytes: Buffer.from(`${text}OPEN_PORTS x\n`) }];
    };
    const { told } = imported(`SOURCE ANY\n${text}`, { include });
    assert.ok(read <= 1001, `${read} files`);
    assert.equal(new Set(told).size, told.length);
    assert.match(told.join('\n'), /there are more than 1000 included files: does one include itself\?/);
  });
});
