// What the client by key says of profiles, key files and agents that it cannot use: in one line, with the remedy.

import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { concatBytes, uint32 } from '../../src/core/bytes/concat-bytes.ts';
import { parseCard, renderCard } from '../../src/core/signed/server-card.ts';
import { sshString } from '../../src/core/ssh/ssh-writer.ts';
import { nodeCiphers } from '../../src/host/crypto/node-ciphers.ts';
import { FalseAgent } from '../lab/false-agent.ts';
import { KnockJudge } from '../lab/knock-judge.ts';
import { BUSSA } from '../lab/knockd.ts';
import { Program } from '../lab/program.ts';
import { makeKey } from '../lab/ssh-agent.ts';
import { KeyClientFixture } from './key-client-fixture.ts';

/** The public half of a key that no token has. */
const TOKEN = concatBytes(
  ...['sk-ssh-ed25519@openssh.com', randomBytes(32), 'ssh:'].map((part) => sshString(part)),
);

describe('what the client by key cannot use', () => {
  let client: KeyClientFixture;
  before(async () => {
    client = await KeyClientFixture.create('ed25519', 'ecdsa-256', 'rsa-2048');
  });
  after(() => client[Symbol.asyncDispose]());

  test('each oddity of a profile or key file is said in one line, with its remedy', async () => {
    await using judge = await KnockJudge.open(client.publicKey('ed25519'));
    await using other = await KnockJudge.open(client.publicKey('ed25519'));
    const [card, foreign] = [judge.card, other.card].map((text) => parseCard(nodeCiphers, text));
    if (card === undefined || foreign === undefined) throw new Error('no card');
    const key = `IdentityFile ${client.file('ed25519')}`;
    const damaged = judge.card.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    makeKey(client.file('encrypted'), '-t', 'ed25519', '-N', 'a passphrase');
    makeKey(client.file('old-pem'), '-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', 'a passphrase');
    rmSync(`${client.file('old-pem')}.pub`);
    writeFileSync(client.file('public-only.pub'), client.publicKey('ed25519'));
    writeFileSync(client.file('garbage'), 'no key at all\n');
    writeFileSync(client.file('empty'), '');
    writeFileSync(client.file('putty.ppk'), 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n');
    const cases: readonly (readonly [string, string, RegExp])[] = [
      ['no Card', `${key}\nDoor ssh`, /no Card.*: for a sequence, .* run bussa host add box CARD/],
      ['no Card, and nothing to it', '', /no Card.*: for a sequence, .* run bussa host add box CARD/],
      [
        'Card of another server',
        `Card ${renderCard(nodeCiphers, { port: card.port, key: foreign.key })}\n${key}`,
        /the card is another server’s; compare them with bussa user list and bussa key show there/,
      ],
      ['Card damaged', `Card ${damaged}\n${key}`, /:5:\d+: this card is damaged: .*bussa key show/],
      ['Card of nothing', `Card hello\n${key}`, /:5:\d+: .* is no card: .*bussa key show/],
      [
        'Card without a value',
        `Card\n${key}`,
        /:5:\d+: Card has no value: write one behind it, or remove the line/,
      ],
      ['missing', `Card CARD\nIdentityFile /nowhere`, /\/nowhere cannot be read: name an existing one/],
      ['directory', `Card CARD\nIdentityFile ${client.directory}`, /cannot be read: name an existing one/],
      ['encrypted', `Card CARD\nIdentityFile ${client.file('encrypted')}`, /got no passphrase: ssh-add /],
      [
        'encrypted, PEM',
        `Card CARD\nIdentityFile ${client.file('old-pem')}`,
        /public key: .* ssh-keygen -y -f /,
      ],
      [
        'public only',
        `Card CARD\nIdentityFile ${client.file('public-only.pub')}`,
        /no private key beside .*public-only\.pub: ssh-add it, or name its file with IdentityFile/,
      ],
      ...['garbage', 'empty', 'putty.ppk'].map(
        (name) =>
          [
            name,
            `Card CARD\nIdentityFile ${client.file(name)}`,
            new RegExp(`the key file .*${name} cannot be used: .*; name another one in IdentityFile`),
          ] as const,
      ),
      [
        'For too long',
        `Card CARD\n${key}\nFor 25h`,
        /:7:\d+: "25h" is not a valid length of time: .*at most 24h/,
      ],
      ['For without unit', `Card CARD\n${key}\nFor 60`, /:7:\d+: .*with its unit/],
      ['For of nothing', `Card CARD\n${key}\nFor 0s`, /:7:\d+: .*at least 1s/],
      ['Door too long', `Card CARD\n${key}\nDoor ${'x'.repeat(65)}`, /:7:\d+: .*may have 64 bytes/],
    ];
    const hosts = client.file('odd-hosts.conf');
    for (const [what, lines, words] of cases) {
      const text = `Host box\nHostName 127.0.0.1\nIdentityAgent none\nRetries 0\n${lines.replace('CARD', judge.card)}\n`;
      writeFileSync(hosts, text, { mode: 0o600 });
      const env = { ...process.env, SSH_ASKPASS_REQUIRE: 'never', DISPLAY: '' };
      const command = ['-w', BUSSA[0] as string, 'knock', '-F', hosts, 'box'];
      await using program = new Program('setsid', command, env);
      assert.notEqual((await program.exited).code, 0, what);
      assert.match(program.output, words, what);
      assert.equal(program.output.trim().split('\n').length, 1, `${what}: ${program.output}`);
    }
  });

  describe('each refusal of the agent, with its remedy', () => {
    const refusal = async (name: string, from = client.agent.socket): Promise<string> => {
      await using judge = await KnockJudge.open(client.publicKey('ed25519'));
      // The public half alone, so that no file can serve.
      writeFileSync(client.file('alone.pub'), client.publicKey(name));
      return client.said(
        client.profileOf(judge, { identityAgent: from, identityFile: client.file('alone.pub') }),
      );
    };

    test('no such key; an empty agent; a locked one', async () => {
      assert.match(await refusal('ed25519'), /has no key at all: it is locked \(ssh-add -X .* or empty/);
      client.agent.add(client.file('ecdsa-256'));
      assert.match(await refusal('ed25519'), /does not have the key .*: add it with ssh-add/);
      const askpass = client.file('askpass');
      writeFileSync(askpass, '#!/bin/sh\necho secret\n');
      chmodSync(askpass, 0o755);
      const ask = (option: string): Promise<unknown> =>
        new Program('setsid', ['-w', 'ssh-add', option], {
          ...process.env,
          ...{ SSH_AUTH_SOCK: client.agent.socket, SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' },
        }).exited;
      await ask('-x');
      assert.match(await refusal('ecdsa-256'), /it is locked \(ssh-add -X/);
      await ask('-X');
      client.agent.ask('-D', '-q');
    });

    test('a key for certain destinations', async () => {
      writeFileSync(client.file('known'), `jump.example.org ${client.publicKey('ecdsa-256')}`);
      client.agent.add(client.file('ed25519'), '-H', client.file('known'), '-h', 'jump.example.org');
      assert.match(await refusal('ed25519'), /is bound to destinations \(ssh-add -h\); add it without/);
      client.agent.ask('-D', '-q');
    });

    test('a confirmation that is not given', async () => {
      client.agent.add(client.file('ed25519'), '-c');
      assert.match(await refusal('ed25519'), /nobody confirmed .* ssh-add -c .* ssh-askpass/);
      client.agent.ask('-D', '-q');
    });

    test('no agent at the socket: the key file is used; without a file there is an error', async () => {
      assert.match(
        await refusal('ed25519', client.file('nobody')),
        /ENOENT.*: start an SSH agent, or name the socket of another one in IdentityAgent/,
      );
      await using judge = await KnockJudge.open(client.publicKey('ed25519'));
      const withFile = {
        identityAgent: client.file('nobody'),
        identityFile: `${client.file('ed25519')}.pub`,
      };
      assert.match(await client.said(client.profileOf(judge, withFile)), /says: open/);
      assert.match(await refusal('ed25519', 'none'), /no SSH agent is set .* private key/);
    });

    test('an agent that never answers does not keep ssh-keygen from signing with the file', async () => {
      await using judge = await KnockJudge.open(client.publicKey('ed25519'));
      const silent = createServer().listen(client.file('silent'));
      await once(silent, 'listening');
      const settings = `IdentityAgent none\nIdentityFile ${client.file('ed25519')}\nRetries 0`;
      const hosts = client.writeHosts(judge, settings);
      const env = { ...process.env, SSH_AUTH_SOCK: client.file('silent') };
      const [bussa = ''] = BUSSA;
      await using program = new Program(bussa, ['knock', '-F', hosts, 'box'], env);
      assert.equal((await program.exited).code, 0, program.output);
      assert.match(program.output, /says: open/);
      silent.close();
    });

    test('a passphrase that is not given, and a file that others can read', async () => {
      await using judge = await KnockJudge.open(client.publicKey('ed25519'));
      makeKey(client.file('secret'), '-t', 'ed25519', '-N', 'a passphrase');
      const run = async (name: string): Promise<string> => {
        const hosts = client.writeHosts(judge, `IdentityFile ${client.file(name)}\nRetries 0`);
        const env = { ...process.env, SSH_ASKPASS_REQUIRE: 'never', DISPLAY: '' };
        await using program = new Program(
          'setsid',
          ['-w', BUSSA[0] as string, 'knock', '-F', hosts, 'box'],
          env,
        );
        await program.exited;
        return program.output;
      };
      assert.match(await run('secret'), /it got no passphrase: ssh-add .*secret keeps the key/);
      makeKey(client.file('loose'));
      chmodSync(client.file('loose'), 0o644);
      assert.match(await run('loose'), /others can read the file: chmod 600/);
    });

    test('an RSA key of 1,024 bits, and an agent that knows SHA-1 alone', async () => {
      makeKey(client.file('short'), '-t', 'rsa', '-b', '1024');
      assert.match(await refusal('short'), /has 1024 bits: at least 2048 are needed/);
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const sha1 = concatBytes(sshString('ssh-rsa'), sshString(sign('sha1', randomBytes(9), privateKey)));
      await using old = await FalseAgent.start(client.file('old'), () =>
        concatBytes(Uint8Array.of(14), sshString(sha1)),
      );
      assert.match(await refusal('rsa-2048', old.socket), /signs with SHA-1 only/);
    });

    test('a token that was not touched', async () => {
      await using token = await FalseAgent.start(client.file('token'), (request) =>
        request[0] === 11
          ? concatBytes(Uint8Array.of(12), uint32(1), sshString(TOKEN), sshString('key'))
          : Uint8Array.of(5),
      );
      writeFileSync(
        client.file('token-key.pub'),
        `sk-ssh-ed25519@openssh.com ${Buffer.from(TOKEN).toString('base64')}\n`,
      );
      await using judge = await KnockJudge.open(client.publicKey('ed25519'));
      const settings = `IdentityFile ${client.file('token-key.pub')}\nIdentityAgent ${token.socket}\nRetries 0`;
      await using program = client.runKnock(judge, settings);
      assert.equal((await program.exited).code, 1);
      assert.match(program.output, /^bussa: touch the token of .* when it blinks$/m);
      assert.match(program.output, /was not touched in time, is not plugged in, or wants its PIN/);
    });

    test('no bytes of an agent make it throw', async () => {
      const answers = [
        ...[
          new Uint8Array(1),
          Uint8Array.of(12, 255, 255, 255, 255),
          Uint8Array.of(14),
          Uint8Array.of(14, 0, 0),
        ],
        ...Array.from({ length: 60 }, (_, i) =>
          concatBytes(Uint8Array.of([12, 14][i % 2] as number), randomBytes(i)),
        ),
      ];
      let next = 0;
      await using wild = await FalseAgent.start(
        client.file('wild'),
        () => answers[next++ % answers.length] as Uint8Array,
      );
      for (let i = 0; i < answers.length; i++) {
        const words = await refusal('ed25519', wild.socket);
        assert.match(
          words,
          /is not an SSH agent|invalid signature by|refused|does not have|no key at all/,
          words,
        );
      }
    });
  });
});
