/**
 * kill -9 at random moments around knocks, opens and closes, over and over on one state: at the end no door is open,
 * no close has been lost or run twice, no rule is left over.
 *
 *     client                 server
 *     eth0 10.7.0.2    ────  eth0 10.7.0.1, knockd, killed and started again, an echo service on 22
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { repeats } from '../lab/effort.ts';
import { C_KNOCK, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import { seededRandom } from '../lab/seeded-random.ts';
import { assertShut, startService } from '../lab/service.ts';
import { CLIENT, SERVER, Wire } from '../lab/wire.ts';

const LANES = 2;
const DEATHS = repeats('BUSSA_DEATHS', { quick: 16, full: 200 }) / LANES;

const config = (done: string): string => `[native]
  sequence = 7100,7200,7300
  tcpflags = syn
  open     = tcp/22
  open_for = 1

[command]
  sequence      = 8100,8200,8300
  tcpflags      = syn
  start_command = echo open >> ${done}
  cmd_timeout   = 1
  stop_command  = echo close >> ${done}
`;

describe('sudden deaths', { concurrency: LANES }, () => {
  for (let lane = 0; lane < LANES; lane++) {
    test(`lane ${lane + 1}: ${DEATHS} of them`, { timeout: 400_000 }, async (t) => {
      const random = seededRandom(t, lane);
      await using wire = await Wire.create();
      using directory = new WorkDirectory();
      const done = directory.file('done');
      const { client, server } = wire;
      const before = await server.run('nft', '-s', 'list', 'ruleset');
      await using _service = await startService(server, 22);

      // A few more if chance has shown too little so far.
      const isEnough = (): boolean => linesOf(done).length >= DEATHS / 4;
      for (let death = 0; death < DEATHS || (death < 5 * DEATHS && !isEnough()); death++) {
        await using knockd = await startKnockd(server, directory, config(done), '-i', 'eth0');
        const knocks = [
          client.run(C_KNOCK, SERVER, '7100', '7200', '7300'),
          client.run(C_KNOCK, SERVER, '8100', '8200', '8300'),
        ];
        // Around the opens, around the closes of this life or an earlier one, or anywhere.
        const [from, width] = [
          [0, 25],
          [950, 150],
          [0, 1200],
        ][Math.floor(random() * 3)] as [number, number];
        await delay(from + random() * width);
        assert.equal((await knockd.stop('SIGKILL')).signal, 'SIGKILL');
        await Promise.all(knocks);
      }

      await using last = await startKnockd(server, directory, config(done), '-i', 'eth0');
      assert.equal((await last.stop()).code, 0);
      assertAlternating(linesOf(done));
      assert.equal(await server.run('nft', '-s', 'list', 'ruleset'), before, 'no rule is left over');

      await using again = await startKnockd(server, directory, config(done), '-i', 'eth0');
      await assertShut(client, SERVER, 22, CLIENT);
      assert.equal((await again.stop()).code, 0);
      assert.doesNotMatch(again.output, /left open/, 'no lease is left over');
    });
  }
});

const linesOf = (file: string): readonly string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];

/** Every open is followed by its close before the next one, and no close comes twice. */
function assertAlternating(lines: readonly string[]): void {
  assert.ok(lines.length >= DEATHS / 4, `only ${lines.length} lines: too little happened to show anything`);
  for (const [i, line] of lines.entries()) {
    assert.equal(line, i % 2 === 0 ? 'open' : 'close', `line ${i + 1} of ${lines.length}`);
  }
  assert.equal(lines.at(-1), 'close');
}
