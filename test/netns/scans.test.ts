/**
 * Real scans, at full speed and in every order, against a host with a door in ascending ports; and honest knocks from
 * a host that uses services there at the same time.
 *
 *     client                              server
 *     eth0 10.7.0.2  scans          ────  eth0 10.7.0.1 fd07::1  knockd, services
 *          10.7.0.3  knocks honestly
 *
 * BUSSA_SCANS=n makes n rounds of all scans, of which 100 take an hour and a half.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { repeats } from '../lab/effort.ts';
import { KNOCK, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import { NetService } from '../lab/net-service.ts';
import type { Program } from '../lab/program.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6, STRANGER, Wire } from '../lab/wire.ts';
import { shutFirewall } from './firewall.ts';

const ROUNDS = Number(process.env.BUSSA_SCANS ?? '1');

const REPEATS = repeats('BUSSA_SCAN_REPEATS', { quick: 8, full: 100 });

const DOORS = `[ascending]
  sequence = 7000,8000,9000
  tcpflags = syn

[flagless]
  sequence = 7100,8100,9100

[in-a-row]
  sequence = 7200,7201,7202
  tcpflags = syn

[udp]
  sequence = 7300:udp,8300:udp,9300:udp
`;

const WIDE = '6900-9400';
const PORTS = { TCP: WIDE, UDP: '7200-8400,9290-9310' } as const;

/** A round on a host that drops takes 40 s of mostly waiting. */
const ROUND_MS = 180_000;

/** Without a look at whether the host is there, and without names. */
const NMAP = ['nmap', '-n', '-Pn', '--max-retries', '1', '--min-rate', '3000'] as const;

const SCANS: Readonly<Record<string, readonly string[]>> = {
  'SYN ascending at full speed': ['-sS', '-r', '-T5', '-p', WIDE],
  'SYN in random order': ['-sS', '-T4', '-p', WIDE],
  'the usual thousand ports': ['-sS', '-T4'],
  'connect ascending': ['-sT', '-r', '-T4', '-p', WIDE],
  FIN: ['-sF', '-r', '-T5', '-p', WIDE],
  NULL: ['-sN', '-r', '-T5', '-p', WIDE],
  Xmas: ['-sX', '-T5', '-p', WIDE],
  ACK: ['-sA', '-r', '-T5', '-p', WIDE],
  'UDP ascending': ['-sU', '-r', '-T5', '-p', PORTS.UDP],
  'round the knock ports': ['-sS', '-r', '--scan-delay', '20ms', '-p', '6999-7001,7999-8001,8999-9001'],
  'the ports of a row': ['-sS', '-r', '-T5', '-p', '7195-7210'],
};

/** nmap has no option for a descending order. */
const DESCENDING = [...downFrom(9032), ...downFrom(8032), ...downFrom(7232), ...downFrom(7032)];

describe('no scan opens a door', () => {
  for (const host of ['that answers', 'that drops'] as const) {
    test(`on a host ${host}`, { timeout: ROUND_MS * ROUNDS }, async (t) => {
      await using wire = await Wire.create();
      using directory = new WorkDirectory();
      if (host === 'that drops') await shutFirewall(wire.server);
      // Each scan begins as one of a source that nobody suspects.
      const config = `[options]\n  scan_penalty = 1\n${DOORS}`;
      await using knockd = await startKnockd(wire.server, directory, config, '-i', 'eth0');
      for (let round = 0; round < ROUNDS; round++) {
        for (const [name, options] of Object.entries(SCANS)) {
          const started = performance.now();
          await wire.client.run(...NMAP, ...options, '-S', CLIENT, '-e', 'eth0', SERVER);
          await settle(knockd, wire);
          assert.deepEqual(openings(knockd), [], name);
          t.diagnostic(`${name}: ${Math.round(performance.now() - started)} ms`);
        }
        await wire.client.run(...NMAP, '-6', '-sS', '-r', '-T5', '-p', WIDE, SERVER6);
        await wire.client.run(...(KNOCK as [string]), SERVER, ...DESCENDING);
        await settle(knockd, wire);
        assert.deepEqual(openings(knockd), []);
      }
      assert.ok(knockd.count(new RegExp(`${CLIENT}: port scan:`, 'g')) > 0, 'the scans were seen');
      assert.ok(knockd.count(new RegExp(`${CLIENT6}: port scan:`, 'g')) > 0, 'over IPv6 too');
      // The knocks of another host count as ever.
      for (const port of ['7000', '8000', '9000']) {
        await wire.client.status(
          'hping3',
          '-q',
          '-c',
          '1',
          '-i',
          'u1',
          '-a',
          STRANGER,
          '-S',
          '-p',
          port,
          SERVER,
        );
      }
      await knockd.saw(new RegExp(`${STRANGER}: ascending: OPEN SESAME`));
    });
  }
});

test('many scans in a row at full speed, up and down, open no door', { timeout: 300_000 }, async () => {
  await using wire = await Wire.create();
  using directory = new WorkDirectory();
  const guesses = Array.from({ length: 10 }, (_, i) => `${(i + 1) * 1000}`);
  await using knockd = await startKnockd(wire.server, directory, DOORS, '-i', 'eth0');
  const scan = [...NMAP, '-sS', '-r', '-T5', '-p', '6990-7250,7990-8110,8990-9110', '-S', CLIENT];
  for (let i = 0; i < REPEATS; i++) {
    await wire.client.run(...(scan as [string]), '-e', 'eth0', SERVER);
    await wire.client.run(...(KNOCK as [string]), SERVER, ...DESCENDING);
    await wire.client.run(...(KNOCK as [string]), SERVER, ...guesses);
  }
  await settle(knockd, wire);
  assert.deepEqual(openings(knockd), []);
});

test('no line of -D reveals the secret share of decoy ports', async () => {
  const shown: string[] = [];
  for (let start = 0; start < 2; start++) {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    await using knockd = await startKnockd(wire.server, directory, DOORS, '-i', 'eth0', '-D');
    const [, filter = ''] = await knockd.saw(/^capture filter: (.*)$/m);
    shown.push(filter);
  }
  // Each start draws another secret.
  assert.match(shown[0] ?? '', /portrange 6968-7032/);
  assert.equal(shown[0], shown[1]);
});

describe('an honest knocker', () => {
  test('with a browser, a mail client and a session on the same host gets in at the first try', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const services = [
      'tcp/22',
      'tcp/80',
      'tcp/443',
      'udp/443',
      'tcp/993',
      'tcp/7001',
      'tcp/8080',
      'tcp/8443',
      'udp/8301',
    ];
    await using server = NetService.start(wire.server.name, 'portService', ...services);
    await server.saw(/serving/);
    await using knockd = await startKnockd(wire.server, directory, DOORS, '-i', 'eth0');
    // Connections that come and go, and one that stays, from the knocker's own address.
    const busy =
      'while :; do for p in 22 80 443 993 7001 8080 8443 143 445; do echo | nc -N -w 1 "$0" $p; echo | nc -u -w 0 "$0" 8301; sleep 0.02; done; done';
    await using traffic = wire.client.start('sh', '-c', `${busy} >/dev/null 2>&1`, SERVER);
    await using session = wire.client.start(
      'sh',
      '-c',
      'while :; do echo; sleep 0.02; done | nc "$0" 22 >/dev/null',
      SERVER,
    );
    const knocks = 25;
    for (let i = 1; i <= knocks; i++) {
      await wire.client.run(...(KNOCK as [string]), SERVER, '7000', '8000', '9000');
      await knockd.saw(new RegExp(`${CLIENT}: ascending: OPEN SESAME`), i);
    }
    assert.equal(knockd.count(/port scan/g), 0);
    assert.ok(traffic.running && session !== undefined);
  });

  test('is not kept from a service that begins while the daemon runs', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    await using knockd = await startKnockd(wire.server, directory, DOORS, '-i', 'eth0');
    await using server = NetService.start(wire.server.name, 'portService', 'tcp/7005', 'tcp/8005');
    await server.saw(/serving/);
    await wire.client.run('sh', '-c', 'echo | nc -N -w 1 "$0" 7005; echo | nc -N -w 1 "$0" 8005', SERVER);
    await wire.client.run(...(KNOCK as [string]), SERVER, '7000', '8000', '9000');
    await knockd.saw(new RegExp(`${CLIENT}: ascending: OPEN SESAME`));
    assert.equal(knockd.count(/port scan/g), 0);
  });

  test('whose address a stranger scans with knocks twice', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    await using knockd = await startKnockd(wire.server, directory, DOORS, '-i', 'eth0');
    const forge = async (): Promise<void> => {
      for (const port of ['7010', '7011']) {
        await wire.client.status(
          'hping3',
          '-q',
          '-c',
          '1',
          '-i',
          'u1',
          '-a',
          CLIENT,
          '-S',
          '-p',
          port,
          SERVER,
        );
      }
    };
    const knock = (): Promise<string> =>
      wire.client.run(...(KNOCK as [string]), SERVER, '7000', '8000', '9000');
    await forge();
    await knock();
    await knockd.saw(new RegExp(`${CLIENT}: ascending: not opened: .* other ports`));
    await knock();
    await knockd.saw(new RegExp(`${CLIENT}: ascending: OPEN SESAME`));
    await forge();
    await wire.client.run(...(KNOCK as [string]), SERVER, '7000', '8000', '9000', '7000', '8000', '9000');
    await knockd.saw(new RegExp(`${CLIENT}: ascending: OPEN SESAME`), 2);
  });

  test('with the guard off is let in whatever else comes, as is a scan', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    // Alone: a knock at another door's port would end the attempt.
    const config = `[options]\n  scan_guard = off\n[ascending]\n  sequence = 7000,8000,9000\n  tcpflags = syn\n`;
    await using knockd = await startKnockd(wire.server, directory, config, '-i', 'eth0');
    await wire.client.run(...NMAP, '-sS', '-r', '-T5', '-p', WIDE, SERVER);
    await knockd.saw(new RegExp(`${CLIENT}: ascending: OPEN SESAME`));
  });
});

/** Waits until every packet sent before has been judged: a door opens to somebody who has scanned nothing. */
async function settle(knockd: Program, { client }: Wire): Promise<void> {
  const before = knockd.count(/: fence: OPEN SESAME/g);
  await client.status('hping3', '-q', '-c', '1', '-i', 'u1', '-2', '-a', STRANGER, '-p', '65000', SERVER);
  await knockd.saw(/: fence: OPEN SESAME/, before + 1);
}

function downFrom(port: number): string[] {
  return Array.from({ length: 65 }, (_, i) => `${port - i}`);
}

function openings(knockd: Program): string[] {
  return [...knockd.output.matchAll(/^.*OPEN SESAME.*$/gm)]
    .map(String)
    .filter((line) => !line.includes(': fence:'));
}
