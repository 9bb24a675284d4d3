// Users at the whole daemon: seen in every answer, and shut out by one command.
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { revokeAccess } from '../../src/app/users/reload-users.ts';
import { KnockSigner, readReply, SIGNED_PORT } from '../lab/knock-signer.ts';
import { BUSSA, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import { PayloadSender } from '../lab/payload-sender.ts';
import type { Program } from '../lab/program.ts';
import { assertOpen, assertShut, startService } from '../lab/service.ts';
import { watchNft } from '../lab/watch-nft.ts';
import { CLIENT, SERVER, STRANGER, Wire } from '../lab/wire.ts';

const DOOR = `[ssh]
  accept   = key
  open     = tcp/22
  open_for = 300
  on_open  = sh: echo "$BUSSA_USER $BUSSA_PROOF" >> hooks
`;

/** Only a failing test waits so long: it starts a program on a machine that may be busy. */
const PATIENCE_MS = 20_000;

class Fixture implements AsyncDisposable {
  readonly signer: KnockSigner;
  readonly wire: Wire;
  readonly directory: WorkDirectory;
  readonly knockd: Program;
  readonly #sender: PayloadSender;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    signer: KnockSigner,
    wire: Wire,
    directory: WorkDirectory,
    knockd: Program,
    sender: PayloadSender,
    stack: AsyncDisposableStack,
  ) {
    this.signer = signer;
    this.wire = wire;
    this.directory = directory;
    this.knockd = knockd;
    this.#sender = sender;
    this.#stack = stack;
  }

  static async create(): Promise<Fixture> {
    await using stack = new AsyncDisposableStack();
    const wire = stack.use(await Wire.create());
    const signer = stack.use(await KnockSigner.create({ alice: [], bob: [] }));
    const directory = stack.use(new WorkDirectory());
    stack.use(await startService(wire.server, 22));
    const sender = stack.use(await PayloadSender.start(wire.client));
    const door = DOOR.replace('>> hooks', `>> ${directory.file('hooks')}`);
    const knockd = stack.use(await startKnockd(wire.server, directory, signer.options + door));
    return new Fixture(signer, wire, directory, knockd, sender, stack.move());
  }

  async knock(key: string, source: string = CLIENT) {
    const signed = await this.signer.sign({ key });
    await this.#sender.send(source, SERVER, SIGNED_PORT, signed.packet);
    const reply = await this.#sender.reply();
    return readReply(signed, reply.payload)?.status;
  }

  /** `bussa` at this daemon, as text. */
  say(...args: readonly string[]): Promise<string> {
    const [program = '', ...first] = BUSSA;
    const place = ['-c', this.directory.file('knockd.conf'), '--state', this.directory.path];
    return this.wire.server.run(program, ...first, ...args, ...place);
  }

  /** The same, as JSON. */
  async ask(...args: readonly string[]) {
    return JSON.parse(await this.say(...args, '--json')) as Record<string, unknown>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

describe('users', { concurrency: 2 }, () => {
  test('are named wherever a door is', async () => {
    await using stage = await Fixture.create();
    assert.equal(await stage.knock('alice'), 'open');
    await stage.knockd.saw(/10\.7\.0\.2: ssh: alice: OPEN SESAME \(key, SHA256:/);
    await stage.knockd.saw(/10\.7\.0\.2: ssh: alice: opened tcp\/22 for 300 s/);
    const { leases } = (await stage.ask('leases', '--user', 'alice')) as {
      leases: { user: string; door: string }[];
    };
    assert.deepEqual(
      leases.map(({ user, door }) => [user, door]),
      [['alice', 'ssh']],
    );
    assert.deepEqual((await stage.ask('leases', '--user', 'bob')).leases, []);
    const story = (await stage.ask('explain', '--user', 'alice')) as {
      present: string[];
      entries: { kind: string; source: string }[];
    };
    assert.match(story.present.join('\n'), /^alice may open ssh\nssh is open for 10\.7\.0\.2 until /);
    assert.deepEqual(
      story.entries.map(({ kind, source }) => [kind, source]),
      [
        ['completed', CLIENT],
        ['opened', CLIENT],
      ],
    );
    const { present, entries } = (await stage.ask('explain', CLIENT)) as {
      present: string[];
      entries: { text: string }[];
    };
    assert.deepEqual(
      entries.map(({ text }) => text),
      ['ssh: opened'],
      'a door without a sequence is named too',
    );
    assert.match(present.join('\n'), /ssh is open until .*, opened by the signed knock of alice at /);
    assert.match(
      await stage.say('status'),
      /^signed knocks +1 accepted, 0 refused, 0 not examined, 0 dropped$/m,
    );
    await stage.ask('close', '--all');
    const { history } = (await stage.ask('history', '--user', 'alice')) as {
      history: { user: string; by: string }[];
    };
    assert.deepEqual(
      history.map(({ user, by }) => [user, by]),
      [['alice', 'key']],
    );
    assert.equal(readFileSync(stage.directory.file('hooks'), 'utf8'), 'alice key\n');
  });

  test('off and remove close at once what only that user holds; who is on again gets in', async () => {
    await using stage = await Fixture.create();
    const { client } = stage.wire;
    assert.equal(await stage.knock('alice'), 'open');
    assert.equal(await stage.knock('bob', STRANGER), 'open');
    await assertOpen(client, SERVER, 22, CLIENT);
    const before = readFileSync(stage.directory.file('knockd.conf'), 'utf8');
    assert.equal((await stage.ask('user', 'off', 'alice')).inForce, true);
    await stage.knockd.saw(/10\.7\.0\.2: ssh: alice: closed tcp\/22, its user may no longer open it/);
    await assertShut(client, SERVER, 22, CLIENT);
    await assertOpen(client, SERVER, 22, STRANGER);
    assert.equal(await stage.knock('alice'), 'refused');
    await stage.knockd.saw(/10\.7\.0\.2: alice: signed knock refused: /);
    assert.equal((await stage.ask('user', 'on', 'alice')).inForce, true);
    assert.equal(await stage.knock('alice'), 'open');
    await stage.ask('user', 'remove', 'bob');
    await stage.knockd.saw(/10\.7\.0\.3: ssh: bob: closed tcp\/22, its user may no longer open it/);
    await assertShut(client, SERVER, 22, STRANGER);
    assert.equal(readFileSync(stage.directory.file('knockd.conf'), 'utf8'), before);
  });

  test('off and remove shut out at once also where the files have mistakes; a good reload goes by the files', async () => {
    await using stage = await Fixture.create();
    const { client } = stage.wire;
    assert.equal(await stage.knock('alice'), 'open');
    assert.equal(await stage.knock('bob', STRANGER), 'open');
    const config = stage.directory.file('knockd.conf');
    const good = readFileSync(config, 'utf8');
    writeFileSync(config, `${good}  onpe = tcp/22\n`);
    const off = await stage.ask('user', 'off', 'alice');
    assert.deepEqual([off.inForce, off.daemon], [true, 'shut-out']);
    assert.match(String(off.reasons), /knockd\.conf:\d+:\d+: unknown directive "onpe"/);
    await stage.knockd.saw(/10\.7\.0\.2: ssh: alice: closed tcp\/22, its user may no longer open it/);
    await assertShut(client, SERVER, 22, CLIENT);
    await assertOpen(client, SERVER, 22, STRANGER);
    // The users file is broken beside it, and in another's section.
    const users = readFileSync(stage.signer.usersFile, 'utf8');
    assert.match(users, /off = yes/);
    writeFileSync(stage.signer.usersFile, users.replace('[alice]', '[alice]\n  until = never'));
    assert.equal((await stage.ask('user', 'remove', 'bob')).daemon, 'shut-out');
    await stage.knockd.saw(/10\.7\.0\.3: ssh: bob: closed tcp\/22, its user may no longer open it/);
    await assertShut(client, SERVER, 22, STRANGER);
    writeFileSync(stage.signer.usersFile, users.replace(/\[bob\][^[]*/, ''));
    writeFileSync(config, good);
    assert.equal((await stage.ask('user', 'on', 'alice')).inForce, true);
    assert.equal(await stage.knock('alice'), 'open');
  });

  for (const [what, verb] of [
    ['a user who is turned off', ['off', 'alice']],
    ['a user who is removed', ['remove', 'alice']],
    ['a key that is removed', ['remove', 'alice', 'SHA256:']],
  ] as const) {
    test(`${what} is shut out when the verb returns, which takes no second on an idle machine`, async (t) => {
      await using stage = await Fixture.create();
      const { client } = stage.wire;
      assert.equal(await stage.knock('alice'), 'open');
      await assertOpen(client, SERVER, 22, CLIENT);
      const { users } = (await stage.ask('user', 'list')) as {
        users: { name: string; keys: { fingerprint: string }[] }[];
      };
      const fingerprint = users.find(({ name }) => name === 'alice')?.keys[0]?.fingerprint ?? '';
      const words = verb.map((word) => (word === 'SHA256:' ? fingerprint : word));
      const started = performance.now();
      assert.equal((await stage.ask('user', ...words)).inForce, true);
      const took = performance.now() - started;
      assert.doesNotMatch(await stage.wire.server.run('nft', 'list', 'ruleset'), /10\.7\.0\.2/);
      await assertShut(client, SERVER, 22, CLIENT);
      t.diagnostic(`${took.toFixed(0)} ms from the command to its answer`);
      assert.ok(took < PATIENCE_MS, `${took} ms`);
    });
  }

  test('off closes before the daemon reads its files again, measured from the request to the rule that is gone', async (t) => {
    await using stage = await Fixture.create();
    await using monitor = await watchNft(stage.wire.server);
    const gone = /^delete element .*10\.7\.0\.2/gm;
    for (const nth of [1, 2, 3]) {
      assert.equal(await stage.knock('alice'), 'open');
      const file = readFileSync(stage.signer.usersFile, 'utf8');
      writeFileSync(stage.signer.usersFile, file.replace('[alice]', '[alice]\noff = yes'));
      const started = performance.now();
      const told = revokeAccess(
        { configFile: stage.directory.file('knockd.conf'), stateDirectory: stage.directory.path },
        'alice',
      );
      await monitor.saw(gone, nth);
      t.diagnostic(
        `${(performance.now() - started).toFixed(0)} ms from the request to the rule that is gone`,
      );
      assert.equal((await told).kind, 'in-force');
      await assertShut(stage.wire.client, SERVER, 22, CLIENT);
      writeFileSync(stage.signer.usersFile, file);
      await stage.ask('reload');
    }
    const [first = '', second = ''] = stage.knockd.output.match(/by order of root|re-reading/g) ?? [];
    assert.deepEqual([first, second], ['by order of root', 're-reading']);
  });

  test('remove and off also revoke a user or key that was deleted by hand', async () => {
    await using stage = await Fixture.create();
    const { client, server } = stage.wire;
    const { usersFile } = stage.signer;
    const good = readFileSync(usersFile, 'utf8');
    const key = (await server.run('ssh-keygen', '-lf', `${stage.signer.directory.file('alice')}.pub`)).split(
      ' ',
    )[1];
    for (const [verb, edit] of [
      [['remove', 'alice'], /\[alice\][^[]*/],
      [['off', 'alice'], /\[alice\][^[]*/],
      [['remove', 'alice', key ?? ''], /.*key = .* alice\n/],
    ] as const) {
      assert.equal(await stage.knock('alice'), 'open', verb.join(' '));
      writeFileSync(usersFile, good.replace(edit, ''));
      const told = await stage.ask('user', ...verb);
      assert.deepEqual([told.changed, told.inForce, told.daemon], [false, true, 'shut-out']);
      await assertShut(client, SERVER, 22, CLIENT);
      // What neither the file nor the daemon has is a mistake of who asks.
      await assert.rejects(stage.ask('user', ...verb), /alice/);
      writeFileSync(usersFile, good);
      await stage.ask('reload');
    }
  });

  test('until: what only that user holds closes when the time comes', async () => {
    await using stage = await Fixture.create();
    const { client } = stage.wire;
    assert.equal(await stage.knock('alice'), 'open');
    assert.equal(await stage.knock('bob', STRANGER), 'open');
    const end = new Date(Date.now() + 4000).toISOString().slice(0, 19);
    stage.signer.writeUsers({ alice: `  until = ${end}Z\n` });
    stage.knockd.signal('SIGHUP');
    await stage.knockd.saw(/10\.7\.0\.2: ssh: alice: closed tcp\/22, its user may no longer open it/);
    assert.ok(Date.now() >= Date.parse(`${end}Z`));
    await assertShut(client, SERVER, 22, CLIENT);
    await assertOpen(client, SERVER, 22, STRANGER);
  });

  test('a users file with a mistake, or that others can read, keeps the old one in force', async () => {
    await using stage = await Fixture.create();
    const good = readFileSync(stage.signer.usersFile, 'utf8');
    writeFileSync(stage.signer.usersFile, good.replace('[bob]', '[bob]\n  until = never'));
    stage.knockd.signal('SIGHUP');
    await stage.knockd.saw(/users\.conf:\d+:11: "never" is /);
    await stage.knockd.saw(/has 1 mistake and .*; the old one stays in force/);
    assert.equal(await stage.knock('bob'), 'open');
    writeFileSync(stage.signer.usersFile, good.replace(/\[alice\][^[]*/, ''));
    chmodSync(stage.signer.usersFile, 0o644);
    stage.knockd.signal('SIGHUP');
    await stage.knockd.saw(/users\.conf:1:1: others can read or change/);
    assert.equal(await stage.knock('alice'), 'open');
  });
});
