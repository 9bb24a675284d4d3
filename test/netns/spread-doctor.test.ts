/**
 * Two gateways behind a router that hashes by ports: `bussa doctor` notices it on each of them. Once the router hashes by
 * addresses, as doctor says, every sequence opens.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Finding } from '../../src/core/doctor/finding.ts';
import { ANYCAST, EcmpNet } from '../lab/ecmp-net.ts';
import { BUSSA, C_KNOCK, fence, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import type { Namespace } from '../lab/namespace.ts';
import type { Program } from '../lab/program.ts';
import { readReport } from './doctor-report.ts';

const CONFIG = `[ssh]
  sequence = 7000,8000,9000,7500
  tcpflags = syn
  open     = tcp/22
  open_for = 60
`;

/** So many that a router which hashes by ports spreads them in several ways, but for one time in many thousands. */
const TRIES = 60;

describe('gateways behind one address', () => {
  test('doctor notices a router that hashes by ports, and its remedy works', async () => {
    await using net = await EcmpNet.create(2);
    await net.spreadBy('ports');
    using stack = new DisposableStack();
    const directories = net.gateways.map(() => stack.use(new WorkDirectory()));
    await using daemons = new AsyncDisposableStack();
    const started: Program[] = [];
    for (const [i, gateway] of net.gateways.entries()) {
      const directory = directories[i] as WorkDirectory;
      started.push(daemons.use(await startKnockd(gateway, directory, CONFIG)));
    }
    const knock = (): Promise<string> =>
      net.client.run(C_KNOCK, '-d', '5', ANYCAST, '7000', '8000', '9000', '7500');
    for (let n = 0; n < TRIES; n++) await knock();
    let hint = '';
    for (const [i, gateway] of net.gateways.entries()) {
      const found = await spreadFinding(gateway, directories[i] as WorkDirectory);
      assert.match(
        found?.message ?? '',
        /^ssh: \d+ of the last \d+ sequences reached this host without their first/,
      );
      hint = found?.hint ?? '';
    }
    const command = /`(sysctl [^`]+)`/.exec(hint)?.[1] ?? '';
    await net.router.run('sh', '-c', command);
    const fenceAll = async (): Promise<void> => {
      for (const [i, daemon] of started.entries()) await fence(daemon, net.client, `10.7.${i + 1}.1`);
    };
    const opened = (): number => started.reduce((sum, one) => sum + one.count(/: ssh: OPEN SESAME/g), 0);
    await fenceAll();
    const before = opened();
    assert.ok(before < TRIES / 2, `${before} of ${TRIES} opened while it hashed by ports`);
    for (let n = 0; n < 10; n++) await knock();
    await fenceAll();
    assert.equal(opened(), before + 10);
  });
});

async function spreadFinding(gateway: Namespace, directory: WorkDirectory): Promise<Finding | undefined> {
  const [word = '', ...words] = BUSSA;
  const file = `${directory.path}/knockd.conf`;
  const program = gateway.start(word, ...words, 'doctor', '--json', '-c', file, '--state', directory.path);
  const { code } = await program.exited;
  return readReport(program.output, code).findings.find(({ id }) => id === 'knocks-spread');
}
