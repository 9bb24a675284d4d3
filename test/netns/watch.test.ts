// The live view, in a real terminal.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { C_KNOCK } from '../lab/knockd.ts';
import { assertShut } from '../lab/service.ts';
import { Tmux } from '../lab/tmux.ts';
import { CLIENT, SERVER } from '../lab/wire.ts';
import { ControlFixture, SSH_DOOR } from './control-fixture.ts';
import { BUSSA } from './up-fixture.ts';

const SLOW_DOOR = `[slow]
  sequence    = 7100,8100
  seq_timeout = 60
  tcpflags    = syn
  open        = tcp/443
  open_for    = 60
`;

const watch = (stage: ControlFixture, ...options: readonly string[]): string =>
  [BUSSA, 'watch', '--state', stage.directory.path, ...options].join(' ');

describe('bussa watch', () => {
  test('80 by 24: an attempt, an opening, the keys, and the terminal as it was', async () => {
    await using stage = await ControlFixture.create(SSH_DOOR + SLOW_DOOR);
    const { client, directory } = stage;
    const command = `sh -c '${watch(stage, '--interval', '0.2')}; echo ended with $?; read -r _'`;
    await using terminal = await Tmux.start(stage.server, directory.file('tmux'), command);
    const first = await terminal.saw(/^bussa watch .* all interfaces .*nftables/m);
    assert.match(first.join('\n'), /^DOORS 3$/m);
    assert.match(first.at(-1) ?? '', /q quit/);
    // The whole of it, to the last column.
    assert.match(first[0] ?? '', / \d\d:\d\d:\d\d$/);
    assert.equal(first[0]?.length, 80);
    terminal.press('?');
    await terminal.saw(/^x +explain/m);
    terminal.press('Space');

    await client.run(C_KNOCK, SERVER, '7100');
    await terminal.saw(/^> 10\.7\.0\.2 +slow +●○ {2}1 of 2$/m);
    await client.run(C_KNOCK, SERVER, '7000', '8000', '9000');
    await terminal.saw(/10\.7\.0\.2 +ssh +tcp\/22 +\d+s left [█░]{10}$/m);

    await terminal.saw(/^EVENTS$[\s\S]*^ {2}\d\d:\d\d:\d\d {2}10\.7\.0\.2: ssh: the door is open$/m);
    terminal.press('Up');
    await terminal.saw(/^> 10\.7\.0\.2 +ssh +tcp\/22/m);
    terminal.press('x');
    const page = await terminal.saw(/^Last try: Opened: ssh: /m);
    assert.match(page.join('\n'), /any key goes back/);
    terminal.press('Space');
    await terminal.saw(/^OPEN 1$/m);
    terminal.press('e');
    await terminal.saw(/^extended for 10\.7\.0\.2$/m);
    terminal.press('c');
    await terminal.saw(/^OPEN 0$/m);
    await assertShut(client, SERVER, 22, CLIENT);

    // The knocks at the other door have ended the first attempt.
    await client.run(C_KNOCK, SERVER, '7100');
    await terminal.saw(/^ATTEMPTS 1$/m);
    terminal.press('b');
    await terminal.saw(/^ban 10\.7\.0\.2\?/m);
    terminal.press('y');
    await terminal.saw(/^10\.7\.0\.2 is banned/m);
    terminal.resize(60, 12);
    const small = await terminal.saw(/^DOORS/m);
    for (const line of small) assert.ok(line.length <= 60, line);
    terminal.press('q');
    const left = await terminal.saw(/^ended with 0$/m);
    assert.doesNotMatch(left.join('\n'), /DOORS/);
  });

  test('the end of the daemon is shown, and the view continues; Ctrl-C leaves', async () => {
    await using stage = await ControlFixture.create(SSH_DOOR);
    const command = `sh -c '${watch(stage, '--interval', '0.2')}; echo ended with $?; read -r _'`;
    await using terminal = await Tmux.start(stage.server, stage.directory.file('tmux'), command);
    await terminal.saw(/^DOORS 2$/m);
    await stage.knockd.stop();
    await terminal.saw(/no daemon runs/);
    await stage.start(SSH_DOOR);
    await stage.client.run(C_KNOCK, SERVER, '7000', '8000', '9000');
    const again = await terminal.saw(/^OPEN 1$/m);
    assert.doesNotMatch(again.join('\n'), /no daemon runs/);
    // No shell is there that could continue it: it goes on by itself.
    terminal.press('C-z');
    terminal.press('x');
    await terminal.saw(/any key goes back/);
    terminal.press('C-c');
    await terminal.saw(/ended with 0$/m);
  });

  test('without a terminal: a line for each change, as text and as JSON', async () => {
    await using stage = await ControlFixture.create(SSH_DOOR);
    const { client, server } = stage;
    await using text = server.start('sh', '-c', `${watch(stage, '--interval', '0.2')} | cat`);
    await using json = server.start('sh', '-c', watch(stage, '--interval', '0.2', '--json'));
    await client.run(C_KNOCK, SERVER, '7000', '8000', '9000');
    await text.saw(/^\d\d:\d\d:\d\dZ 10\.7\.0\.2: ssh: open for \d+ s$/m);
    const [line] = await json.saw(/^\{.*"event":"opened".*\}$/m);
    const { time, left, ...rest } = JSON.parse(line);
    assert.deepEqual(rest, { event: 'opened', source: CLIENT, door: 'ssh' });
    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000 && left > 0);
    await stage.knockd.stop();
    await text.saw(/no daemon runs/);
    assert.equal((await json.exited).code, 69);
    const last =
      json.output
        .split('\n')
        .filter((each) => each.startsWith('{'))
        .at(-1) ?? '';
    assert.equal(JSON.parse(last).status, 69);
  });

  test('no daemon', async () => {
    await using stage = await ControlFixture.create(SSH_DOOR);
    await stage.knockd.stop();
    assert.equal(await stage.server.status('sh', '-c', `${watch(stage)} </dev/null`), 69);
  });
});
