/**
 * From nothing to a hidden port: `bussa init`, the daemon with what it wrote, and the line that it printed.
 *
 *     client                          server
 *     eth0 10.7.0.2 (the owner) ────  eth0 10.7.0.1
 *          10.7.0.3                   bussa init, bussa up, an echo service on 22
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { describe, test } from 'node:test';
import { C_KNOCK, WorkDirectory } from '../lab/knockd.ts';
import { assertOpen, assertShut, startService } from '../lab/service.ts';
import { CLIENT, SERVER, STRANGER, Wire } from '../lab/wire.ts';
import { BUSSA } from './up-fixture.ts';

const LISTENING = /listening on .*\.\.\.\n/;

/** The words behind `knock`, as they were printed. */
function printedKnock(output: string): string[] {
  const [, words] = /^ {4}knock (.+?)\r?$/m.exec(output) ?? [];
  assert.ok(words !== undefined, output);
  return words.split(' ');
}

describe('bussa init', { concurrency: 2 }, () => {
  test('--yes: what it wrote and printed hides the port, and opens it to who knocks', async () => {
    await using wire = await Wire.create();
    await using _service = await startService(wire.server, 22);
    using directory = new WorkDirectory();
    const file = directory.file('made.conf');
    const output = await wire.server.run(BUSSA, 'init', '--yes', '--config', file, '--host', SERVER);
    assert.equal(statSync(file).mode & 0o7777, 0o600);
    assert.doesNotMatch(output, /warning/);

    await using up = wire.server.start(BUSSA, 'up', '-c', file, '--state', directory.path);
    await up.saw(LISTENING);
    await assertShut(wire.client, SERVER, 22, CLIENT);
    await wire.client.run(C_KNOCK, ...printedKnock(output));
    await up.saw(/opened tcp\/22 for 60 s/);
    await assertOpen(wire.client, SERVER, 22, CLIENT);
    await assertShut(wire.client, SERVER, 22, STRANGER);

    // What the daemon did is what the simulation tells.
    const [, , , ...ports] = printedKnock(output);
    const told = await wire.server.run(BUSSA, 'simulate', file, '--knock', ports.join(' '), '--from', CLIENT);
    for (const line of told.matchAll(/Stage \d|OPEN SESAME/g))
      assert.ok(up.output.includes(`${CLIENT}: ssh: ${line[0]}`));
    assert.match(told, /would open tcp\/22 for 60 s/);
    assert.equal((await up.stop()).code, 0);
  });

  test('at a terminal: Ctrl-C or Ctrl-D at a question leaves, says so, and has written nothing', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const file = directory.file('left.conf');
    for (const key of ['\u0003', '\u0004']) {
      await using session = wire.server.start(
        'script',
        '-qec',
        `${BUSSA} init --config ${file}`,
        '/dev/null',
      );
      await session.saw(/Which port/);
      session.write(key);
      await session.saw(/^bussa: stopped without an answer: /m);
      assert.equal(existsSync(file), false);
    }
  });

  test('at a terminal: a question at a time, wrong answers asked again, Enter for what is offered', async () => {
    await using wire = await Wire.create();
    await using _service = await startService(wire.server, 22);
    using directory = new WorkDirectory();
    const file = directory.file('asked.conf');
    await using session = wire.server.start(
      'script',
      '-qec',
      `${BUSSA} init --qr --config ${file}`,
      '/dev/null',
    );
    const answer = async (question: RegExp, text: string, nth = 1): Promise<void> => {
      await session.saw(question, nth);
      session.write(`${text}\r`);
    };
    await answer(/Which port should be hidden\? \[tcp\/22\]: /, 'ssh');
    await answer(/Which port should be hidden\? \[tcp\/22\]: /, '', 2);
    await answer(/How long .*\[60\]: /, '5m');
    await answer(/By which name or address .*: /, SERVER);
    await session.saw(/The firewall here: .*its own table/);
    await answer(/Write .*asked\.conf\? \[Y\/n\]: /, '');
    assert.equal((await session.exited).code, 0, session.output);
    assert.equal(session.output.split('The firewall here').length, 2, 'it is said once');
    assert.match(session.output, /nobody else may read \(chmod 600\)/);
    for (const words of ["bash -c 'for p in tcp/10.7.0.1/", ".ConnectAsync('10.7.0.1', $p)"])
      assert.ok(session.output.includes(words), words);
    assert.match(session.output, /write a port such as 22/);
    assert.match(session.output, /█▀|▄█/);
    assert.match(session.output, /Try it first: `.*bussa up --confirm 120 -c /);
    assert.match(readFileSync(file, 'utf8'), /open_for {4}= 5m\n/);
    assert.equal(printedKnock(session.output)[2], SERVER);
  });

  test('at a terminal: Ctrl-D and n write nothing', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    for (const [given, typed] of [
      [[], '\u0004'],
      [['--port', '22', '--for', '60', '--host', SERVER], 'n\r'],
    ] as const) {
      const file = directory.file('none.conf');
      const command = [BUSSA, 'init', '--config', file, ...given].join(' ');
      await using session = wire.server.start('script', '-qec', command, '/dev/null');
      await session.saw(/\]: /);
      session.write(typed);
      assert.equal((await session.exited).code, 1, session.output);
      assert.throws(() => statSync(file), /ENOENT/);
    }
  });
});
