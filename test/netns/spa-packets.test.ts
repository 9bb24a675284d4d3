/** What Debian's fwknop client sends opens the doors whose ports it asks for, by every transport, mode and HMAC. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HASH_NAMES } from '../../src/core/cipher/ciphers.ts';
import { SPA_MODES } from '../../src/core/spa/spa-credential.ts';
import { assertOpen, assertShut } from '../lab/service.ts';
import { CLIENT, SERVER, STRANGER } from '../lab/wire.ts';
import { drawKey, SPA_DOOR, SpaFixture } from './spa-fixture.ts';

describe('the fwknop client', { concurrency: 2 }, () => {
  test('opens with every mode and HMAC, and without an HMAC where the users file says so', async () => {
    const kinds = SPA_MODES.flatMap((mode) =>
      // The client refuses to add an HMAC to its legacy mode.
      (mode === 'legacy' ? [undefined] : [...HASH_NAMES, undefined]).map((hmac) => ({
        mode,
        hmac,
        user: `${mode}-${hmac ?? 'none'}`,
      })),
    );
    await using stage = await SpaFixture.create({
      keys: kinds.map(({ user, ...kind }) => drawKey(user, kind)),
    });
    for (const { user } of kinds) {
      await stage.send(user);
      await stage.knockd.saw(new RegExp(`10\\.7\\.0\\.2: ssh: ${user}: OPEN SESAME \\(spa, SPA:`));
    }
    await assertOpen(stage.wire.client, SERVER, 22, CLIENT);
    await assertShut(stage.wire.client, SERVER, 22, STRANGER);
  });

  // A connection, with a request or without, needs somebody who accepts it.
  for (const [transport, ...more] of [
    ['udp'],
    ['udp', '-p', '4000'],
    ['icmp'],
    ['icmp', '--icmp-type', '8', '--icmp-code', '0'],
    ['tcpraw'],
    ['http', '-p', '80'],
    ['tcp', '-p', '80'],
  ] as const) {
    test(`opens by ${[transport, ...more].join(' ')}`, async () => {
      const port = transport !== 'http' && more[0] === '-p' ? `  SPA_Port = ${more[1]}\n` : '';
      await using stage = await SpaFixture.create({ config: port + SPA_DOOR, keys: [drawKey('carol')] });
      await assertShut(stage.wire.client, SERVER, 22, CLIENT);
      await stage.send('carol', '-P', transport, ...more);
      await stage.knockd.saw(/10\.7\.0\.2: ssh: carol: opened tcp\/22 for 30 s/);
      await assertOpen(stage.wire.client, SERVER, 22, CLIENT);
    });
  }

  test('gets no answer, and opens nothing, over transports that are not configured', async () => {
    const config = `  SPA_Transports = icmp\n${SPA_DOOR}`;
    await using stage = await SpaFixture.create({ config, keys: [drawKey('carol')] });
    await stage.send('carol');
    await stage.send('carol', '-P', 'tcpraw');
    await stage.send('carol', '-P', 'http', '-p', '80');
    await stage.fence();
    assert.equal(stage.openings, 0);
    await stage.send('carol', '-P', 'icmp');
    await stage.knockd.saw(/OPEN SESAME/);
  });
});
