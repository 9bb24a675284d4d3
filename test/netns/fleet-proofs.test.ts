/** A proof that one gateway has taken opens nothing at another, and the engine's absence changes what the door says. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { KnockSigner, SIGNED_PORT } from '../lab/knock-signer.ts';
import { WorkDirectory } from '../lab/knockd.ts';
import { PayloadSender } from '../lab/payload-sender.ts';
import { portsOf } from './code-fixture.ts';
import { FleetFixture, type FleetHost } from './fleet-fixture.ts';
import { drawKey, SPA_PORT, spaLine } from './spa-fixture.ts';

const CLIENT = '10.6.0.2';
const OTHER = '10.61.0.9';
const [FIRST, SECOND] = ['10.7.1.1', '10.7.2.1'] as const;
const CODE_SECRET = 'K'.repeat(32);

const door = (name: string, accept: string, port: number, more = ''): string => `[${name}]
  accept      = ${accept}
  open        = tcp/${port}
  open_for    = 60
${more}`;

/** The door for codes has another name at each host: it is the same proof. */
const doorsOf =
  (signer: KnockSigner) =>
  (name: string): string =>
    signer.options +
    door('ssh', 'key', 22, '  fleet_claim = prefer\n') +
    door(`code-${name}`, 'code', 23, '  code_ports = 17, 23\n  fleet_claim = prefer\n') +
    door('spa', 'spa', 24, '  fleet_claim = prefer\n') +
    door('strict', 'key', 25, '  fleet_claim = require\n');

const USED = /used at another member of the fleet/;

describe('a proof in a fleet', () => {
  test('is used at all gateways; without the engine the door says whether it opens', async () => {
    await using signer = await KnockSigner.create();
    const key = drawKey('alice');
    signer.writeUsers({ alice: `  code = ${CODE_SECRET}\n  ${spaLine(key)}\n` });
    await using stage = await FleetFixture.create({ hosts: 2, doors: doorsOf(signer) });
    await stage.start();
    const [one, two] = stage.hosts as [FleetHost, FleetHost];
    const { client } = stage.net;
    await client.ip(`addr add ${OTHER}/32 dev lo`);
    await using sender = await PayloadSender.start(client);
    const signed = async (asked: string): Promise<Uint8Array> =>
      (await signer.sign({ door: asked, reply: false })).packet;

    const refusedTwo = (): Promise<unknown> =>
      two.daemon.saw(USED, two.daemon.count(new RegExp(USED, 'g')) + 1);
    const packet = await signed('ssh');
    await sender.send(CLIENT, FIRST, SIGNED_PORT, packet);
    await one.daemon.saw(/ssh: alice: opened tcp\/22/);
    const refused = refusedTwo();
    await sender.send(CLIENT, SECOND, SIGNED_PORT, packet);
    await refused;
    assert.equal(two.daemon.count(/: opened /g), 0);

    const code = codeOf(1);
    const knockCode = async (source: string, to: string): Promise<void> => {
      for (const port of portsOf(code)) await sender.send(source, to, Number(port), new Uint8Array(1));
    };
    await knockCode(CLIENT, FIRST);
    await one.daemon.saw(/code-gw1: alice: opened tcp\/23/);
    const refusedCode = refusedTwo();
    await knockCode(OTHER, SECOND);
    await refusedCode;

    using directory = new WorkDirectory();
    const text = await sendSpa(client.run.bind(client), directory, key);
    await one.daemon.saw(/spa: alice: opened tcp\/24/);
    const refusedSpa = refusedTwo();
    await sender.send(CLIENT, SECOND, SPA_PORT, Buffer.from(text, 'latin1'));
    await refusedSpa;
    assert.equal(two.daemon.count(/: opened /g), 0);

    await stage.engine.kill();
    for (const { daemon } of stage.hosts) await daemon.saw(/fleet: no connection to the engine/);
    await sender.send(CLIENT, SECOND, SIGNED_PORT, await signed('strict'));
    await two.daemon.saw(/the engine of the fleet does not answer.*fleet_claim = require/);
    await sender.send(CLIENT, SECOND, SIGNED_PORT, await signed('ssh'));
    await two.daemon.saw(/ssh: alice: opened tcp\/22/);
    await two.daemon.saw(/opened by a proof that no other member knows of/);
    assert.equal(two.daemon.count(/strict: alice: opened/g), 0);
    await stage.engine.restart();
    await two.connected(2);
    await sender.send(CLIENT, SECOND, SIGNED_PORT, await signed('strict'));
    await two.daemon.saw(/strict: alice: opened tcp\/25/);
  });
});

/** As oathtool makes it, of the step that so many come behind the present one: the one of a start does not count. */
const codeOf = (ahead: number): string =>
  execFileSync(
    'oathtool',
    ['--totp', '--base32', CODE_SECRET, '--now', `@${Math.floor(Date.now() / 1000) + 30 * ahead}`],
    { encoding: 'utf8' },
  ).trim();

/** With Debian's fwknop, to the first gateway. Returns the packet's text. */
async function sendSpa(
  run: (command: string, ...words: string[]) => Promise<string>,
  directory: WorkDirectory,
  { key, hmacKey }: ReturnType<typeof drawKey>,
): Promise<string> {
  const saved = directory.file('packet', '');
  const rcFile = directory.file('fwknoprc', '');
  appendFileSync(
    rcFile,
    `[alice]\nSPA_SERVER ${FIRST}\nKEY_BASE64 ${key.toString('base64')}\nUSE_HMAC Y\nHMAC_KEY_BASE64 ${hmacKey.toString('base64')}\n`,
  );
  const words = [
    '--rc-file',
    rcFile,
    '--no-save-args',
    '-n',
    'alice',
    '-B',
    saved,
    '-a',
    CLIENT,
    '-A',
    'tcp/24',
  ];
  await run('env', `HOME=${directory.path}`, 'fwknop', ...words);
  return readFileSync(saved, 'latin1').trim();
}
