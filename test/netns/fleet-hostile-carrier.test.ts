/** Whoever gets at the carrier's socket, or sends without end through it, does not keep this host's own knocks from opening. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fleetSocketIn, stateName } from '../../src/app/state/open-state.ts';
import { MAX_DELIVERED, type StreamId } from '../../src/core/control/fleet-link.ts';
import { renderRequest } from '../../src/core/control/parse-request.ts';
import { renderFleetKey } from '../../src/core/fleet/fleet-key.ts';
import type { FleetLeaseId } from '../../src/core/fleet/fleet-record.ts';
import { memberLine } from '../../src/core/fleet/member-line.ts';
import { renderRecord, signedBytes } from '../../src/core/fleet/render-record.ts';
import { instant, millis } from '../../src/core/net/time.ts';
import { Conversation } from '../../src/host/control/control-client.ts';
import { type MemberKey, memberKeyOf } from '../../src/host/crypto/member-key.ts';
import { C_KNOCK, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import { SERVER, Wire } from '../lab/wire.ts';
import { address } from '../unit/attempt/knocks.ts';

const KNOCKS = 30;
const FLOODERS = 4;

describe('a hostile process at the socket of the carrier', () => {
  test('junk, and records without end: forged ones, and those of a member', async (t) => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const [own, member] = [randomBytes(32), randomBytes(32)];
    const secret = randomBytes(32);
    const key = directory.file('key', renderFleetKey({ fleet: 'edge', secret, member: own }));
    const line = `${memberLine('gw2', memberKeyOf(member).point)} doors=* bans\n`;
    await using knockd = await startKnockd(
      wire.server,
      directory,
      `[ssh]
  sequence = 7000,8000
  tcpflags = syn
  open = tcp/22
  open_for = 60
  fleet = share, accept
[fleet]
  engine = valkeys://gw1@192.0.2.1
  name = gw1
  key = ${key}
  members = ${directory.file('members', line)}
`,
    );
    const path = fleetSocketIn(join(directory.path, stateName(directory.file('knockd.conf'), undefined)));
    for (const junk of JUNK) await sendAndHangUp(path, junk);
    using reporter = new Conversation(path);
    for (let n = 0; n < 200; n++) {
      const why = `${n} \u001b[2J${'x'.repeat(4000)}`;
      await reporter.ask(renderRequest({ verb: 'fleet-state', connected: n % 2 === 0, why }));
    }

    const stop = new AbortController();
    const signer = memberKeyOf(member);
    const floods = Array.from({ length: FLOODERS }, (_, n) => flood(path, signer, n, stop.signal));
    const { client } = wire;
    for (let n = 0; n < KNOCKS; n++) {
      const source = `10.7.1.${n + 1}`;
      await client.ip(`addr replace ${source}/32 dev lo`);
      await client.ip(`route replace ${SERVER}/32 dev eth0 src ${source}`);
      await client.run(C_KNOCK, SERVER, '7000', '8000');
      await knockd.saw(new RegExp(`${source.replaceAll('.', '\\.')}: ssh: opened`));
    }
    stop.abort();
    const records = (await Promise.all(floods)).reduce((sum, count) => sum + count, 0);
    t.diagnostic(`${KNOCKS} of ${KNOCKS} knocks opened amidst ${records} records`);
    assert.ok(!knockd.output.includes('\u001b'));
    const lines = knockd.output.split('\n').filter((one) => !one.includes('ssh:'));
    assert.ok(lines.length < 150, `${lines.length} lines`);
    assert.ok(lines.every((one) => one.length < 2000));
  });
});

const JUNK: readonly string[] = [
  '\n',
  'null\n7\n"x"\n[]\n{}\n',
  `${'['.repeat(100_000)}\n`,
  '{"verb":"fleet-deliver","records":[{"bytes":"!"}]}\n',
  '{"verb":"fleet-deliver","records":[{"id":"99999999999999999999-1","age":-1,"bytes":"AAAA"}]}\n',
  '{"verb":"fleet-published","seq":1e300}\n{"verb":"fleet-claimed","id":1,"outcome":"granted"}\n',
  '{"verb":"fleet-answered","id":1,"bytes":""}\n{"verb":"fleet-asked","to":"x","bytes":"AAAA"}\n',
  '{"verb":"fleet-follow"}\n{"verb":"fleet-follow"}\n',
  '{"verb":"__proto__"}\n{"verb":"constructor"}\n',
];

/** What is answered is not read. */
async function sendAndHangUp(path: string, bytes: string): Promise<void> {
  const socket: Socket = createConnection(path);
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
  socket.destroy();
}

/** Forged records cost the check of a signature each time. One in sixteen is good, and opens for a second. */
async function flood(path: string, key: MemberKey, nth: number, signal: AbortSignal): Promise<number> {
  using conversation = new Conversation(path, 'long');
  const epoch = `${nth}`.repeat(16);
  let number = 0;
  const record = (): { id: StreamId; age: ReturnType<typeof millis>; bytes: Uint8Array } => {
    number += 1;
    const at = instant(Date.now());
    const source = address(`10.9.${(number >> 8) & 255}.${number & 255}`);
    const lease = number.toString(16).padStart(16, '0') as FleetLeaseId;
    const body = { kind: 'hello', leases: [{ door: 'ssh', source, rest: millis(1000), lease }] } as const;
    const rendered = renderRecord({ fleet: 'edge', member: 'gw2', epoch, number, at, body });
    return {
      id: `${at}-${number}` as StreamId,
      age: millis(0),
      bytes: Buffer.concat([rendered, key.sign(signedBytes(rendered))]),
    };
  };
  const forged = record();
  forged.bytes[forged.bytes.length - 1] = (forged.bytes.at(-1) ?? 0) ^ 1;
  number += 1_000_000;
  let sent = 0;
  while (!signal.aborted) {
    const records = Array.from({ length: MAX_DELIVERED }, (_, n) => (n % 16 === 0 ? record() : forged));
    await conversation.ask(renderRequest({ verb: 'fleet-deliver', records }));
    sent += records.length;
  }
  return sent;
}
