// The client by key: real keys, a real ssh-agent and ssh-keygen, and the daemon's own judge at the other end.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { explainSigned } from '../../src/app/client/explain-signed.ts';
import { millis } from '../../src/core/net/time.ts';
import { KnockJudge } from '../lab/knock-judge.ts';
import { BUSSA } from '../lab/knockd.ts';
import { Program } from '../lab/program.ts';
import { makeKey } from '../lab/ssh-agent.ts';
import { closedPort, KEYS, KeyClientFixture } from './key-client-fixture.ts';

const NAMES = Object.keys(KEYS) as (keyof typeof KEYS)[];

describe('signed knocks from the client', () => {
  let client: KeyClientFixture;
  before(async () => {
    client = await KeyClientFixture.create(...NAMES);
  });
  after(() => client[Symbol.asyncDispose]());

  test('each type of key opens, by the agent and from its file without one', async () => {
    await using judge = await KnockJudge.open(...NAMES.map((name) => client.publicKey(name)));
    for (const name of NAMES) client.agent.add(client.file(name));
    for (const name of NAMES) {
      const byAgent = {
        identityAgent: client.agent.socket,
        identityFile: `${client.file(name)}.pub`,
        door: 'ssh',
      };
      assert.match(
        await client.said(client.profileOf(judge, byAgent)),
        /open for 60 s, your address is 127\.0\.0\.1/,
        name,
      );
      assert.match(
        await client.said(client.profileOf(judge, { identityFile: client.file(name) })),
        /says: open/,
        name,
      );
    }
    assert.equal(judge.judged.length, 2 * NAMES.length);
    assert.equal(judge.judged[0]?.body?.door, 'ssh');
    assert.deepEqual(new Set([...judge.packets].map((packet) => packet.length / 2)), new Set([320, 704]));
    client.agent.ask('-D', '-q');
  });

  test('without IdentityFile the first key of the agent signs; with neither it is told what to do', async () => {
    await using judge = await KnockJudge.open(client.publicKey('ed25519'));
    client.agent.add(client.file('ed25519'));
    assert.match(
      await client.said(client.profileOf(judge, { identityAgent: client.agent.socket })),
      /says: open/,
    );
    client.agent.ask('-D', '-q');
    const none = { identityAgent: client.file('nobody'), identityFile: `${client.file('ed25519')}.nowhere` };
    assert.match(
      await client.said(client.profileOf(judge, none)),
      /key file .* cannot be read: name .* IdentityFile/,
    );
  });

  test('of an agent’s eight keys, the one that the server knows opens, wherever it stands', async () => {
    for (let n = 1; n <= 8; n++) {
      makeKey(client.file(`eight-${n}`));
      client.agent.add(client.file(`eight-${n}`));
    }
    for (const n of [1, 5, 8]) {
      await using judge = await KnockJudge.open(client.publicKey(`eight-${n}`));
      await using program = client.runKnock(judge, `IdentityAgent ${client.agent.socket}\nRetries 0`);
      assert.equal((await program.exited).code, 0, program.output);
      assert.match(program.output, /says: open/);
      assert.equal(judge.judged.length, n);
    }
    // With a port to ask, as bussa connect does it.
    await using judge = await KnockJudge.open(client.publicKey('eight-8'));
    const port = await closedPort();
    let service: Server | undefined;
    judge.onOpen = () => {
      service = createServer((socket) => socket.end()).listen(port, '127.0.0.1');
    };
    await using program = client.runKnock(
      judge,
      `IdentityAgent ${client.agent.socket}\nRetries 0\nPort ${port}`,
    );
    assert.equal((await program.exited).code, 0, program.output);
    service?.close();
    client.agent.ask('-D', '-q');
  });

  test('a clock that is off: the server’s challenge is signed, and the packet opens', async () => {
    await using judge = await KnockJudge.open(client.publicKey('ed25519'));
    const profile = client.profileOf(judge, { identityFile: client.file('ed25519') });
    for (const [minutes, words] of [
      [3, /your clock is 3 min behind the server/],
      [-180, /your clock is 3 h ahead of the server/],
    ] as const) {
      judge.ahead = millis(minutes * 60_000);
      const outcome = await client.knock(profile);
      assert.ok(outcome.kind === 'reply' && outcome.reply.status === 'open', explainSigned(outcome));
      assert.ok(Math.abs((outcome.behind ?? 0) - judge.ahead) < 60_000);
      await using program = client.runKnock(judge, `IdentityFile ${client.file('ed25519')}`);
      assert.equal((await program.exited).code, 0, program.output);
      assert.match(program.output, words);
    }
    assert.deepEqual(
      judge.judged.map(({ status }) => status),
      ['clock', 'open', 'clock', 'open', 'clock', 'open', 'clock', 'open'],
    );
    assert.equal(judge.judged[1]?.body?.time, 0);
  });

  test('behind NAT a knock is bound to no source, and to the one that the server sees when it asks for that', async () => {
    await using judge = await KnockJudge.open(client.publicKey('ed25519'));
    const profile = client.profileOf(judge, { identityFile: client.file('ed25519') });
    assert.match(await client.said(profile), /says: open/);
    assert.equal(judge.judged[0]?.body?.source, undefined);
    judge.requiresSource = true;
    judge.ahead = millis(600_000);
    assert.match(await client.said(profile), /says: open/);
    assert.deepEqual(
      judge.judged.map(({ status }) => status),
      ['open', 'clock', 'source', 'open'],
    );
    assert.equal(judge.judged.at(-1)?.body?.source, '127.0.0.1');
  });

  test('a refusal of the server is reported at once, without a retry', async () => {
    await using judge = await KnockJudge.open(client.publicKey('ed25519'));
    judge.verdict = 'refused';
    await using program = client.runKnock(
      judge,
      `IdentityFile ${client.file('ed25519')}\nPort ${await closedPort()}`,
    );
    assert.equal((await program.exited).code, 1);
    assert.match(program.output, /^bussa: the server refuses: this key may not open that door/m);
    assert.equal(judge.packets.size, 1);
  });

  test('a door that the server does not know, or opens for less than For asks, is said with the remedy', async () => {
    await using judge = await KnockJudge.open(client.publicKey('ed25519'));
    await using shorter = client.runKnock(judge, `IdentityFile ${client.file('ed25519')}\nFor 2h`);
    assert.equal((await shorter.exited).code, 0);
    assert.match(
      shorter.output,
      /open for 60 s, .*; For asks for 2 h, but max_open_for of the door .* allows less/,
    );
    judge.verdict = 'refused';
    await using unknown = client.runKnock(
      judge,
      `IdentityFile ${client.file('ed25519')}\nDoor nowhere\nRetries 0`,
    );
    assert.equal((await unknown.exited).code, 1);
    assert.match(unknown.output, /may not open that door .*bussa explain .*; Door in the profile names/);
  });

  test('a knock that is lost is followed by another one, and no packet is sent twice', async () => {
    await using judge = await KnockJudge.open(client.publicKey('ed25519'));
    judge.deaf = 2;
    await using program = client.runKnock(judge, `IdentityFile ${client.file('ed25519')}`, '--json');
    assert.equal((await program.exited).code, 0, program.output);
    const { open, reply, seconds: left, seen } = JSON.parse(program.output);
    assert.deepEqual({ open, reply, left, seen }, { open: true, reply: 'open', left: 60, seen: '127.0.0.1' });
    assert.equal(judge.packets.size, 3);
  });

  test('a port that is open before the reply comes: that is said, not that the server knows nothing of the key', async () => {
    await using judge = await KnockJudge.open(client.publicKey('ed25519'));
    judge.deaf = 100;
    const service = createServer((socket) => socket.destroy());
    service.listen(0, '127.0.0.1');
    await once(service, 'listening');
    const { port } = service.address() as AddressInfo;
    await using program = client.runKnock(judge, `IdentityFile ${client.file('ed25519')}\nPort ${port}`);
    assert.equal((await program.exited).code, 0, program.output);
    service.close();
    assert.match(program.output, /is open\nit was open before the server’s reply to the signed knock came$/m);
  });

  test('a server that knows no such key says nothing, and the client says what that may mean', async () => {
    await using judge = await KnockJudge.open(client.publicKey('ecdsa-256'));
    await using program = client.runKnock(judge, `IdentityFile ${client.file('ed25519')}\nRetries 0`);
    assert.equal((await program.exited).code, 1);
    assert.match(program.output, /has not replied .* does not know the key/);
    assert.equal(judge.judged[0]?.status, 'unknown key');
  });

  test('bussa connect by key: the port opens, and it is a pipe', async () => {
    await using judge = await KnockJudge.open(client.publicKey('ed25519'));
    const port = await closedPort();
    let service: Server | undefined;
    judge.onOpen = () => {
      service = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.end('welcome\n');
      }).listen(port, '127.0.0.1');
    };
    const hosts = client.writeHosts(judge, `IdentityFile ${client.file('ed25519')}`);
    await using program = new Program(BUSSA[0] as string, ['connect', '-F', hosts, 'box', `${port}`]);
    await program.saw(/welcome/);
    assert.equal(judge.packets.size, 1);
    service?.close();
  });

  test('Knock is the fallback where the key cannot sign', async () => {
    await using judge = await KnockJudge.open(client.publicKey('ed25519'));
    const knocked = createServer().listen(0, '127.0.0.1');
    await once(knocked, 'listening');
    const { port } = knocked.address() as { port: number };
    const isKnocked = once(knocked, 'connection');
    const settings = `IdentityFile /nowhere\nKnock ${port}\nPort ${await closedPort()}\nRetries 0`;
    await using program = client.runKnock(judge, settings);
    await isKnocked;
    assert.equal((await program.exited).code, 1);
    assert.match(program.output, /the key file \/nowhere cannot be read/);
    knocked.close();
  });
});
