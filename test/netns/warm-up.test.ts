/** The warm-up behind the start, with the real kernel: it refuses each rehearsed opening, and there is no trace of any. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gate } from '../lab/example-gates.ts';
import { KnockSigner } from '../lab/knock-signer.ts';
import { BUSSA, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import { Namespace } from '../lab/namespace.ts';
import { watchNft } from '../lab/watch-nft.ts';
import { Wire } from '../lab/wire.ts';

const DRIVER = new URL('../contract/firewall-driver.ts', import.meta.url).pathname;
/** The second warm-up comes a second behind the start. A later one would find as little. */
const BOTH_MS = 2500;

test('the kernel refuses a rehearsed opening unread, even for a set that there is', async () => {
  await using namespace = await Namespace.create();
  await using driver = namespace.start(
    ...([process.execPath, '--disable-warning=ExperimentalWarning', DRIVER] as const),
    JSON.stringify({ kind: 'nftables' }),
  );
  await driver.saw(/^opened/m);
  let id = 0;
  const call = async (method: string, ...args: readonly unknown[]): Promise<void> => {
    driver.write(`${JSON.stringify([++id, method, ...args])}\n`);
    await driver.saw(new RegExp(`^done ${id} `, 'm'));
  };
  await call('install', [gate('ssh', 'tcp/22')], []);
  await using monitor = await watchNft(namespace);
  const lines = monitor.output;
  const before = await namespace.run('nft', '-j', 'list', 'ruleset');
  for (const source of ['192.0.2.1', '192.0.2.2', '2001:db8::1'])
    await call('rehearse', { door: 'ssh', source, left: 60_000 });
  assert.equal(await namespace.run('nft', '-j', 'list', 'ruleset'), before);
  // The next change that there is comes right behind what was there.
  await call('grant', { door: 'ssh', source: '192.0.2.9', left: 60_000 });
  const [first = ''] = await monitor.saw(/^.*192\.0\.2\.\d+.*$/m);
  assert.match(first, /192\.0\.2\.9/);
  assert.doesNotMatch(monitor.output.slice(lines.length), /192\.0\.2\.[12]\b|2001:db8::1/);
});

test('a daemon that has just started has no lease, count, line or record of its warm-up', async () => {
  await using wire = await Wire.create();
  await using signer = await KnockSigner.create();
  using directory = new WorkDirectory();
  const { server } = wire;
  const config = `${signer.options}  firewall = nftables
[ssh]
  sequence = 7000,8000,9000
  accept   = sequence, key
  open     = tcp/22
  open_for = 60
`;
  await using knockd = await startKnockd(server, directory, config);
  await using monitor = await watchNft(server);
  await sleep(BOTH_MS);
  assert.doesNotMatch(knockd.output, /SESAME|Stage|opened|closed|192\.0\.2\./);
  assert.doesNotMatch(monitor.output, /element|192\.0\.2\./);
  const [bussa = '', ...words] = BUSSA;
  const place = ['-c', directory.file('knockd.conf'), '--state', directory.path];
  const ask = async (...verb: readonly string[]): Promise<string> =>
    server.run(bussa, ...words, ...verb, ...place);
  const status = JSON.parse(await ask('status', '--json'));
  for (const what of ['knocks', 'advanced', 'completed', 'opened', 'closed', 'refused'])
    assert.equal(status.counts[what], 0, what);
  const { garbage, outcomes, replies } = status.signed;
  assert.deepEqual([...Object.values(garbage), ...Object.values(outcomes)].filter(Boolean), []);
  assert.equal(replies, 0);
  assert.deepEqual(JSON.parse(await ask('leases', '--json')).leases, []);
  assert.doesNotMatch(await ask('history', '--json'), /192\.0\.2\./);
});
