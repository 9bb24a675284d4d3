// The daemon's feed: `bussa events`, who ordered, and the sources seen last.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { askDaemon, askForRows } from '../../src/app/ask/ask-daemon.ts';
import { C_KNOCK } from '../lab/knockd.ts';
import { CLIENT, SERVER } from '../lab/wire.ts';
import { ControlFixture, SSH_DOOR } from './control-fixture.ts';
import { BUSSA } from './up-fixture.ts';

type Told = { readonly event: string; readonly cursor: string } & Readonly<Record<string, unknown>>;

const told = (output: string): Told[] =>
  output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));

describe('the feed of the daemon', { concurrency: 2 }, () => {
  test('every stage, the opening, and orders with their operators; a cursor continues where it was; a restart is noticed', async () => {
    await using stage = await ControlFixture.create(SSH_DOOR);
    const { client, server, directory } = stage;
    const events = [BUSSA, 'events', '--json', '--since', 'oldest', '--state', directory.path];
    await using live = server.start(...(events as [string, ...string[]]));
    await client.run(C_KNOCK, SERVER, '7000', '9000');
    await client.run(C_KNOCK, SERVER, '7000', '8000', '9000');
    await live.saw(/"event":"lease-opened"/);
    assert.equal((await stage.ask('close', 'ssh', CLIENT)).code, 0);
    await live.saw(/"event":"lease-closed"/);
    const all = told(live.output);
    const kinds = all
      .filter(({ source }) => source === CLIENT)
      .map(({ event, stage, stages }) => [event, stage, stages]);
    assert.deepEqual(kinds.slice(0, 6), [
      ['stage', 1, 3],
      ['failed', 1, 3],
      ['stage', 1, 3],
      ['stage', 2, 3],
      ['stage', 3, 3],
      ['completed', undefined, undefined],
    ]);
    const order = all.find(({ event }) => event === 'ordered');
    assert.deepEqual([order?.order, order?.by], ['close', 'root']);
    await stage.knockd.saw(/the operator's order: close it, by root$/m);

    const opened = all.find(({ event }) => event === 'lease-opened');
    const since = await stage.ask('events', '--json', '--once', '--since', opened?.cursor ?? '');
    assert.deepEqual(
      told(since.output).map(({ event }) => event),
      all.slice(all.indexOf(opened as Told) + 1).map(({ event }) => event),
    );
    const { history } = await stage.json<{ history: { by: string; closedBy?: string }[] }>('history');
    assert.deepEqual([history[0]?.by, history[0]?.closedBy], ['knock', 'root']);

    await stage.start(SSH_DOOR);
    assert.equal((await live.exited).code, 69);
    const after = await stage.ask('events', '--json', '--once', '--since', opened?.cursor ?? '');
    assert.equal(told(after.output)[0]?.event, 'restarted');
    assert.match((await stage.ask('events', '--since', 'x')).output, /invalid cursor/);
  });

  test('an overview has everything for a screen in one answer, with the result of each source’s last attempt', async () => {
    await using stage = await ControlFixture.create(SSH_DOOR);
    const { client, directory } = stage;
    await client.run(C_KNOCK, SERVER, '7000', '9000');
    await stage.fence();
    const choice = { stateDirectory: directory.path };
    const reply = await askDaemon(choice, { verb: 'overview' });
    assert.ok(reply.kind === 'answer', JSON.stringify(reply));
    const { sources, rates, doors, status } = reply.answer;
    assert.equal(doors.length, status.doors);
    assert.equal(rates.passed.length, 599);
    assert.deepEqual(
      sources.map(({ source, kind, door }) => [source, kind, door]),
      [[CLIENT, sources[0]?.kind, sources[0]?.door]],
    );
    await askDaemon(choice, { verb: 'open', door: 'ssh', ip: CLIENT as never, via: 'web' });
    await stage.knockd.saw(/the operator's order: open it for 60 s, by root \(web\)$/m);
    const leases = await askForRows(choice, { verb: 'leases' });
    assert.ok(leases.kind === 'answer');
    assert.equal(leases.answer[0]?.orderedBy, 'root (web)');
    const wrong = await askForRows(choice, { verb: 'sources', outcome: 'banned' });
    assert.deepEqual(wrong, { kind: 'answer', answer: [] });
    await askDaemon(choice, { verb: 'close', all: true, via: 'web' });
    const { history } = await stage.json<{ history: { orderedBy?: string; closedBy?: string }[] }>('history');
    assert.deepEqual([history[0]?.orderedBy, history[0]?.closedBy], ['root (web)', 'root (web)']);
  });

  test('who is in penalty is listed with its end, until it is lifted', async () => {
    await using stage = await ControlFixture.create(SSH_DOOR);
    assert.deepEqual(await stage.json('bans', '--penalties'), { penalties: [] });
    await stage.client.run('nmap', '-n', '-Pn', '-sS', '-T5', '-p', '6900-7200', SERVER);
    await stage.knockd.saw(/10\.7\.0\.2: port scan:/);
    const { penalties } = await stage.json<{ penalties: { who: string; until: number }[] }>(
      'bans',
      '--penalties',
    );
    assert.deepEqual(
      penalties.map(({ who, until }) => [who, until > Date.now() - 60_000]),
      [[CLIENT, true]],
    );
    await stage.ask('unban', CLIENT);
    assert.deepEqual(await stage.json('bans', '--penalties'), { penalties: [] });
  });

  test('the script in docs/operate.md reports each opening once, and continues where it was', async () => {
    await using stage = await ControlFixture.create(SSH_DOOR);
    const { client, server, directory } = stage;
    const told = directory.file('told', '');
    const script = notifyScript()
      .replace(/^tell\(\).*$/m, `tell() { printf '%s\\n' "$1" >>${told}; echo "told $1"; }`)
      .replace('/var/lib/bussa-notify', directory.path)
      .replace('bussa events', `${BUSSA} events --state ${directory.path}`);
    const file = directory.file('notify', script);
    const first = server.start('sh', file);
    await client.run(C_KNOCK, SERVER, '7000', '8000', '9000');
    await first.saw(/told 10\.7\.0\.2: ssh: the door is open/);
    await first[Symbol.asyncDispose]();
    await stage.ask('close', 'ssh', CLIENT);
    await using again = server.start('sh', file);
    await again.saw(/told 10\.7\.0\.2: ssh: the door is closed again/);
    const openings = readFileSync(told, 'utf8').match(/the door is open/g);
    assert.equal(openings?.length, 1);
  });
});

/** As the reader copies it. */
function notifyScript(): string {
  const text = readFileSync(join(import.meta.dirname, '../../docs/operate.md'), 'utf8');
  const [, script = ''] = /^```\n(#!\/bin\/sh\n# Replace the body of `tell`[\s\S]*?)^```$/m.exec(text) ?? [];
  return script;
}
