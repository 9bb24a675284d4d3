import assert from 'node:assert/strict';
import { parseConfig } from '../../../src/core/config/file/parse-config.ts';
import { planAccess } from '../../../src/core/fwknop/plan-access.ts';
import { AccessReader } from '../../../src/core/fwknop/read-access.ts';
import { renderImportedDoor, renderImportedUser } from '../../../src/core/fwknop/render-imported.ts';
import { renderSpaLine } from '../../../src/core/spa/render-fwknoprc.ts';
import { parseUsers } from '../../../src/core/users/parse-users.ts';
import { nodeCiphers } from '../../../src/host/crypto/node-ciphers.ts';
import { texts } from '../corpus.ts';
import { judgePlaces } from '../judge-places.ts';
import { readerTarget, type Target } from '../target.ts';

/** access.conf of fwknopd, and the doors and users that are made of it. */
export function accessConfTarget(): Target {
  return readerTarget(
    {
      name: 'access-conf',
      share: 5,
      material: { corpus: CORPUS, tokens: TOKENS, maxBytes: 16_384 },
    },
    take,
  );
}

function take(bytes: Uint8Array): void {
  const reader = new AccessReader(() => 'there is none');
  reader.read('f', bytes);
  const plan = planAccess(reader.stanzas, {
    ...{ doorNames: ['spa-tcp-22'], userNames: ['bob'], keyOwners: new Map() },
    ports: [],
  });
  judgePlaces(bytes, reader.diagnostics);
  if (reader.hasErrors || plan.users.length === 0) return;
  const users = plan.users.map((one) => renderImportedUser(one, renderSpaLine(one.credential, one.spaUser)));
  const encode = (parts: readonly string[]): Uint8Array => new TextEncoder().encode(parts.join('\n'));
  // A name or command that Bussa does not take is told when what is made is judged, before anything is written.
  const made = [
    parseConfig('k', encode(plan.doors.map(renderImportedDoor))),
    parseUsers('u', encode(users), nodeCiphers),
  ];
  if (made.some(({ kind }) => kind === 'bad')) return;
  for (const user of plan.users)
    for (const door of user.doors) assert.ok(plan.doors.some(({ name }) => name === door));
}

const key = (seed: number): string => Buffer.alloc(32, seed).toString('base64');

const CORPUS: readonly Uint8Array[] = texts(
  `SOURCE ANY\nKEY_BASE64 ${key(1)}\nHMAC_KEY_BASE64 ${key(2)}\nOPEN_PORTS tcp/22, udp/53\n`,
  `SOURCE: 192.0.2.0/24,10.1.1.1;\nKEY: pass phrase;\nREQUIRE_USERNAME: bob;\nACCESS_EXPIRE: 02/03/2027;\nOPEN_PORTS: tcp/22;\n`,
  `SOURCE ANY\nKEY_BASE64 ${key(3)}\nHMAC_KEY x\nCMD_CYCLE_OPEN /bin/a $IP\nCMD_CYCLE_CLOSE NONE\nCMD_CYCLE_TIMER 20\n`,
  `SOURCE ANY\nGPG_DECRYPT_ID A\nFORCE_NAT 10.0.0.1 22\nENABLE_CMD_EXEC Y\n%include x\n%include_keys y\n`,
);

const TOKENS = texts(
  ...['SOURCE', 'ANY', 'OPEN_PORTS', 'tcp/22', 'udp/65536', '/33', '/255.255.0.0', ';', ':', '%include', '#'],
  ...['KEY', 'KEY_BASE64', 'HMAC_DIGEST_TYPE', 'sha512', 'ENCRYPTION_MODE', 'legacy', 'ACCESS_EXPIRE_EPOCH'],
  ...['99999999999', 'DESTINATION', 'RESTRICT_PORTS', 'REQUIRE_SOURCE Y', '__CHANGEME__', '$PORT', '\u0000'],
);
