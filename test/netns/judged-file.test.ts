// Verbs judge the configuration of the daemon that they find, not /etc/knockd.conf; and they see its trial.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { BUSSA, DOOR, UpFixture } from './up-fixture.ts';

type Report = { readonly findings: readonly { readonly id: string; readonly message: string }[] };

test('doctor and check judge the file of the running daemon, and doctor shows its trial', async () => {
  await using stage = await UpFixture.create();
  const state = stage.directory.path;
  const up = stage.up('--confirm', '600');
  await up.saw(/reverting in \d+ s unless you confirm/);
  const ask = async (...words: readonly string[]): Promise<string> => {
    // A problem that the doctor finds is status 1.
    const program = stage.server.start(BUSSA, ...words);
    await program.exited;
    return program.output;
  };
  const doctor = async (): Promise<Report> =>
    JSON.parse(await ask('doctor', '--json', '--state', state)) as Report;
  const messageOf = ({ findings }: Report, id: string): string =>
    findings.find((one) => one.id === id)?.message ?? '';
  const first = await doctor();
  assert.ok(messageOf(first, 'configuration').includes(stage.config), messageOf(first, 'configuration'));
  assert.match(messageOf(first, 'trial'), /^trial: \d+ s left/);
  assert.match(await ask('check', '--state', state), new RegExp(`${RegExp.escape(stage.config)}: good`));
  assert.match(await ask('status', '--state', state), /^trial +\d+ s left/m);

  // Without a name the trial is found, and the file stays known.
  assert.match(await ask('confirm', '--state', state), /^Confirmed/m);
  assert.match(await ask('confirm', '--state', state), /nothing to confirm/);
  const second = await doctor();
  assert.equal(messageOf(second, 'trial'), '');
  assert.ok(messageOf(second, 'configuration').includes(stage.config));
  assert.doesNotMatch(await ask('status', '--state', state), /^trial /m);
  assert.equal((await up.stop()).code, 0);
  mkdirSync(stage.directory.file('empty'));
  assert.match(await ask('check', '--state', stage.directory.file('empty')), /knockd\.conf/);
});

const OTHER_DOOR = `[options]
  Interface = eth9
[ssh]
  sequence    = 7100,8100:udp,9100
  seq_timeout = 5
  tcpflags    = syn
  open        = tcp/22
  open_for    = 20
`;

test('verbs judge what the daemon was started with, -i, -g and -4, while it runs and after it has died', async () => {
  await using stage = await UpFixture.create();
  const state = stage.directory.path;
  const config = stage.directory.file('mine.conf', OTHER_DOOR);
  const log = stage.directory.file('my.log', '');
  const daemon = stage.server.start(
    BUSSA,
    'up',
    '--state',
    state,
    '-c',
    config,
    '-i',
    'eth0',
    '-g',
    log,
    '-4',
  );
  await daemon.saw(/listening on eth0\.\.\.\n/);
  const ask = async (...words: readonly string[]): Promise<string> => {
    const program = stage.server.start(BUSSA, ...words, '--state', state);
    await program.exited;
    return program.output;
  };
  const verdicts = async (): Promise<Map<string, string>> => {
    const { findings } = JSON.parse(await ask('doctor', '--json')) as {
      readonly findings: readonly {
        readonly id: string;
        readonly verdict: string;
        readonly message: string;
      }[];
    };
    return new Map(findings.map(({ id, verdict, message }) => [id, `${verdict} ${message}`] as const));
  };
  const simulate = (...more: readonly string[]): Promise<string> =>
    ask('simulate', '--knock', '7100 8100:udp 9100', ...more);
  const assertJudged = async (): Promise<Map<string, string>> => {
    const found = await verdicts();
    const messageOf = (id: string): string => found.get(id) ?? '';
    assert.ok(messageOf('configuration').includes(config), messageOf('configuration'));
    // The file says eth9, and no log.
    assert.match(messageOf('interface-up'), /^ok up: eth0/);
    assert.ok(messageOf('log-rotation').includes(log), messageOf('log-rotation'));
    // IPv6 is left out.
    assert.doesNotMatch(messageOf('address'), /fd07::1/);
    assert.match(messageOf('address'), /10\.7\.0\.1/);
    assert.match(await simulate(), /ssh: .*opened/i);
    assert.match(await simulate('--from', '2001:db8::5'), /not heard: .* ignores IPv6/);
    return found;
  };
  const running = await assertJudged();
  assert.doesNotMatch(running.get('configuration') ?? '', /last one used/);
  assert.doesNotMatch(await simulate(), /no daemon/);

  await daemon.stop('SIGKILL');
  const dead = await assertJudged();
  assert.match(dead.get('configuration') ?? '', /no daemon answers, and the last one used this file/);
  const checked = await ask('check');
  assert.match(
    checked,
    new RegExp(`no daemon answers: this judges ${RegExp.escape(config)}, which the last one used`),
  );
  assert.ok(checked.includes(`${config}: good`), checked);
  assert.equal((JSON.parse(await ask('check', '--json')) as { readonly from: string }).from, 'last');
  assert.match(await simulate(), /no daemon answers: this judges/);

  // Whoever names a file means that one; and a file that is gone is nobody's.
  assert.match(await ask('check', stage.config), new RegExp(`${RegExp.escape(stage.config)}: good`));
  assert.match(await ask('simulate', stage.config, '--knock', '7100'), /tripwire|no door|not opened/);
  rmSync(config);
  assert.doesNotMatch(await ask('check'), /mine\.conf/);
});

test('of several daemons, the file of the last one is judged; a configuration from a pipe is never judged', async () => {
  await using stage = await UpFixture.create();
  const state = stage.directory.path;
  const files = ['a.conf', 'b.conf', 'a.conf'].map((name) => stage.directory.file(name, DOOR));
  for (const file of files) {
    const daemon = stage.server.start(BUSSA, 'up', '--state', state, '-c', file);
    await daemon.saw(/listening on/);
    await daemon.stop();
  }
  const check = async (): Promise<string> => {
    const program = stage.server.start(BUSSA, 'check', '--state', state);
    await program.exited;
    return program.output;
  };
  assert.match(await check(), /a\.conf: good/);
  const command = `cat ${stage.config} | ${BUSSA} up --state ${state} -c /dev/stdin`;
  const piped = stage.server.start('sh', '-c', command);
  await piped.saw(/listening on/);
  assert.match(await check(), /read its configuration from \/dev\/stdin, which cannot be read again/);
  for (const pid of await stage.server.pids()) if (pid !== piped.pid) signal(pid, state);
  await piped.exited;
  assert.match(await check(), /a\.conf: good/);
});

/** Ends the daemon of this state. */
function signal(pid: number, state: string): void {
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  if (words.includes(state) && words.includes('up')) process.kill(pid, 'SIGTERM');
}
