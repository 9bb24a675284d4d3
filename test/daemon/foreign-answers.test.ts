import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { greetDaemon, judgeDaemon, startRemedy } from '../../src/app/doctor/judge-service.ts';
import type { Output } from '../../src/cli/arguments/verb.ts';
import { parseBussaCommand, VERBS } from '../../src/cli/bussa/bussa-options.ts';
import { PROTOCOL } from '../../src/core/control/greeting.ts';
import { ANY_LINE, damage } from '../lab/control-lines.ts';
import { seeded } from '../lab/seed.ts';

/** Each verb that asks a daemon, as it is typed. */
const TYPED: Readonly<Record<string, string>> = {
  confirm: 'confirm',
  status: 'status',
  watch: 'watch --json --interval 0.2',
  events: 'events --json',
  leases: 'leases',
  open: 'open ssh 192.0.2.7',
  extend: 'extend ssh 192.0.2.7',
  close: 'close --all',
  reload: 'reload',
  history: 'history',
  explain: 'explain 192.0.2.7',
  ban: 'ban 192.0.2.7',
  unban: 'unban 192.0.2.7',
  bans: 'bans',
  fleet: 'fleet status',
};

/** Do more than ask: they judge the host, write files or serve a page, and reach the daemon by the same ways as the others. */
const NOT_TYPED = ['up', 'check', 'simulate', 'doctor', 'key', 'user', 'web', 'import'];

const GREETING = JSON.stringify({ ok: true, protocol: PROTOCOL, version: '1' });
const NO_STACK = /\n\s+at |\bat (?:file:|node:)|TypeError|undefined/;

/** What listens where a daemon would, and says what it is told to; `undefined` hangs up. */
class FakeDaemon implements Disposable {
  readonly state: string;
  readonly asked: string[] = [];
  #server: Server | undefined;

  private constructor() {
    this.state = mkdtempSync(join(tmpdir(), 'bussa-test-'));
  }

  static async open(answer: (request: string) => string | undefined): Promise<FakeDaemon> {
    const fake = new FakeDaemon();
    const directory = join(fake.state, 'knockd');
    mkdirSync(directory);
    fake.#server = createServer((socket) => {
      socket.on('error', () => undefined);
      createInterface({ input: socket }).on('line', (line) => {
        fake.asked.push(line);
        const said = answer(line);
        if (said === undefined) socket.destroy();
        else socket.write(`${said}\n`);
      });
    });
    fake.#server.listen(join(directory, 'control'));
    await once(fake.#server, 'listening');
    return fake;
  }

  [Symbol.dispose](): void {
    this.#server?.close();
    rmSync(this.state, { recursive: true, force: true });
  }
}

async function run(typed: string, state: string): Promise<{ status: number; lines: readonly string[] }> {
  const command = parseBussaCommand([...typed.split(' '), '--state', state], {}, 'linux');
  assert.ok(command.kind === 'action', JSON.stringify(command));
  const lines: string[] = [];
  const note = (line: string): void => void lines.push(line);
  const output: Output = {
    answer: (_value, answered) => lines.push(...answered),
    error: note,
    print: note,
    style: (_style, text) => text,
    json: false,
  };
  return { status: await command.action(output), lines };
}

const isPing = (line: string): boolean => JSON.parse(line).verb === 'ping';

describe('a verb that gets an answer of another program', () => {
  test('no verb is left out', () => {
    const asking = VERBS.filter(({ options }) => Object.hasOwn(options, 'state')).map(({ name }) => name);
    assert.deepEqual(
      new Set(asking.filter((name) => !NOT_TYPED.includes(name))),
      new Set(Object.keys(TYPED)),
    );
  });

  for (const [name, typed] of Object.entries(TYPED)) {
    test(`${name}: garbage ends in a sentence and a status`, async (t) => {
      let said: string | undefined = '';
      using fake = await FakeDaemon.open((line) => (isPing(line) ? GREETING : said));
      const damaged = fc
        .tuple(ANY_LINE, fc.nat(), fc.option(fc.jsonValue(), { nil: undefined }))
        .map(([line, at, by]) => JSON.stringify(damage(line, at, by)));
      const garbage = fc.oneof(
        fc.jsonValue().map((value) => JSON.stringify(value)),
        damaged,
        fc.constantFrom('', '{', 'HTTP/1.1 400 Bad Request', '{"ok":true}', '{"ok":true,"outcome":"queued"}'),
        fc.constant(undefined),
      );
      await fc.assert(
        fc.asyncProperty(garbage, async (line) => {
          said = line;
          const { status, lines } = await run(typed, fake.state);
          assert.ok(status === 0 || lines.length > 0, 'nothing is said');
          assert.doesNotMatch(lines.join('\n').replaceAll(JSON.stringify(line), ''), NO_STACK);
        }),
        { ...seeded(t), numRuns: 25 },
      );
    });

    test(`${name}: a daemon of another version is named as such, and asked for nothing`, async () => {
      for (const [greeting, words] of [
        ['{"ok":true}', /running daemon is older .*: restart the daemon/],
        [
          `{"ok":true,"protocol":${PROTOCOL + 1},"version":"7.1"}`,
          /running daemon \(version 7\.1\) is newer .*restart/,
        ],
      ] as const) {
        using fake = await FakeDaemon.open(() => greeting);
        const { status, lines } = await run(typed, fake.state);
        assert.equal(status, 1);
        assert.match(lines[0] ?? '', words);
        assert.deepEqual(new Set(fake.asked.map((line) => JSON.parse(line).verb)), new Set(['ping']));
      }
    });
  }

  test('doctor says to restart a daemon of another version', async () => {
    using fake = await FakeDaemon.open(() => '{"ok":true}');
    const reply = await greetDaemon({ stateDirectory: fake.state });
    const daemon = { configFile: '/etc/knockd.conf', stateDirectory: fake.state };
    const unknown = judgeDaemon(reply, startRemedy(reply, daemon, true));
    assert.equal(unknown.verdict, 'problem');
    assert.match(unknown.hint ?? '', /ps -ef/);
    // As the daemon's own directory tells which process it is.
    mkdirSync(join(fake.state, 'etc-knockd.conf'));
    writeFileSync(join(fake.state, 'etc-knockd.conf/pid'), `${process.pid}\n`);
    const known = judgeDaemon(reply, startRemedy(reply, daemon, true));
    assert.match(known.remedy ?? '', new RegExp(`^kill -KILL ${process.pid} && .*knockd -d --state `));
  });
});
