// The client by key: real keys, a real ssh-agent and ssh-keygen, and the daemon's own judge at the other end.

import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { exchangeSigned, type SignedOutcome } from '../../src/app/client/exchange-signed.ts';
import { explainSigned } from '../../src/app/client/explain-signed.ts';
import { findIdentities } from '../../src/app/client/identity.ts';
import { concatBytes, uint32 } from '../../src/core/bytes/concat-bytes.ts';
import type { Profile } from '../../src/core/client/profile.ts';
import type { Address } from '../../src/core/net/address.ts';
import { millis, seconds } from '../../src/core/net/time.ts';
import { parseCard, renderCard } from '../../src/core/signed/server-card.ts';
import { sshString } from '../../src/core/ssh/ssh-writer.ts';
import { nodeCiphers } from '../../src/host/crypto/node-ciphers.ts';
import { Scratch } from '../lab/child-module.ts';
import { FalseAgent } from '../lab/false-agent.ts';
import { KnockJudge } from '../lab/knock-judge.ts';
import { BUSSA } from '../lab/knockd.ts';
import { Program } from '../lab/program.ts';
import { AgentProcess, makeKey } from '../lab/ssh-agent.ts';

/** Only a failing test waits so long for a reply. */
const PATIENCE = seconds(20);

const KEYS = [
  ['ed25519'],
  ['ecdsa-256', '-t', 'ecdsa', '-b', '256'],
  ['ecdsa-384', '-t', 'ecdsa', '-b', '384'],
  ['ecdsa-521', '-t', 'ecdsa', '-b', '521'],
  ['rsa-2048', '-t', 'rsa', '-b', '2048'],
  ['rsa-4096', '-t', 'rsa', '-b', '4096'],
] as const;

describe('signed knocks from the client', () => {
  const scratch = new Scratch();
  const file = (name: string): string => scratch.file(name);
  const publicKey = (name: string): string => readFileSync(`${file(name)}.pub`, 'utf8');
  let agent: AgentProcess;

  before(async () => {
    agent = await AgentProcess.start(file('agent'));
    for (const [name, ...options] of KEYS) makeKey(file(name), ...options);
  });
  after(async () => {
    await agent[Symbol.asyncDispose]();
    scratch[Symbol.dispose]();
  });

  const profileOf = (judge: KnockJudge, settings: Partial<Profile>): Profile => ({
    ...{ name: 'box', hostName: '127.0.0.1', retries: 3, timeout: seconds(30) },
    card: parseCard(nodeCiphers, judge.card) ?? assert.fail('no card'),
    identityAgent: 'none',
    ...settings,
  });

  /** One signed knock with the first key that there is; in words where there is none. */
  async function knock(profile: Profile, patience = PATIENCE): Promise<SignedOutcome> {
    const found = await findIdentities(profile);
    if (found.kind === 'none') return { kind: 'not-sent', reason: found.reason };
    return exchangeSigned({
      ...{ profile, card: profile.card ?? assert.fail('no card'), identity: found.identities[0] },
      ...{ to: { family: 4, address: '127.0.0.1' as Address }, patience },
      ...{ stop: new AbortController().signal, left: () => undefined },
    });
  }

  const said = async (profile: Profile): Promise<string> => explainSigned(await knock(profile));

  test('each type of key opens, by the agent and from its file without one', async () => {
    await using judge = await KnockJudge.open(...KEYS.map(([name]) => publicKey(name)));
    for (const [name] of KEYS) agent.add(file(name));
    for (const [name] of KEYS) {
      const byAgent = { identityAgent: agent.socket, identityFile: `${file(name)}.pub`, door: 'ssh' };
      assert.match(
        await said(profileOf(judge, byAgent)),
        /open for 60 s, your address is 127\.0\.0\.1/,
        name,
      );
      assert.match(await said(profileOf(judge, { identityFile: file(name) })), /says: open/, name);
    }
    assert.equal(judge.judged.length, 2 * KEYS.length);
    assert.equal(judge.judged[0]?.body?.door, 'ssh');
    assert.deepEqual(new Set([...judge.packets].map((packet) => packet.length / 2)), new Set([320, 704]));
    agent.ask('-D', '-q');
  });

  test('without IdentityFile the first key of the agent signs; with neither it is told what to do', async () => {
    await using judge = await KnockJudge.open(publicKey('ed25519'));
    agent.add(file('ed25519'));
    assert.match(await said(profileOf(judge, { identityAgent: agent.socket })), /says: open/);
    agent.ask('-D', '-q');
    const none = { identityAgent: file('nobody'), identityFile: `${file('ed25519')}.nowhere` };
    assert.match(await said(profileOf(judge, none)), /key file .* cannot be read: name .* IdentityFile/);
  });

  test('of an agent’s eight keys, the one that the server knows opens, wherever it stands', async () => {
    for (let n = 1; n <= 8; n++) {
      makeKey(file(`eight-${n}`));
      agent.add(file(`eight-${n}`));
    }
    for (const n of [1, 5, 8]) {
      await using judge = await KnockJudge.open(publicKey(`eight-${n}`));
      await using program = runKnock(judge, `IdentityAgent ${agent.socket}\nRetries 0`);
      assert.equal((await program.exited).code, 0, program.output);
      assert.match(program.output, /says: open/);
      assert.equal(judge.judged.length, n);
    }
    // With a port to ask, as bussa connect does it.
    await using judge = await KnockJudge.open(publicKey('eight-8'));
    const port = await closedPort();
    let service: Server | undefined;
    judge.onOpen = () => {
      service = createServer((socket) => socket.end()).listen(port, '127.0.0.1');
    };
    await using program = runKnock(judge, `IdentityAgent ${agent.socket}\nRetries 0\nPort ${port}`);
    assert.equal((await program.exited).code, 0, program.output);
    service?.close();
    agent.ask('-D', '-q');
  });

  test('a clock that is off: the server’s challenge is signed, and the packet opens', async () => {
    await using judge = await KnockJudge.open(publicKey('ed25519'));
    const profile = profileOf(judge, { identityFile: file('ed25519') });
    for (const [minutes, words] of [
      [3, /your clock is 3 min behind the server/],
      [-180, /your clock is 3 h ahead of the server/],
    ] as const) {
      judge.ahead = millis(minutes * 60_000);
      const outcome = await knock(profile);
      assert.ok(outcome.kind === 'reply' && outcome.reply.status === 'open', explainSigned(outcome));
      assert.ok(Math.abs((outcome.behind ?? 0) - judge.ahead) < 60_000);
      await using program = runKnock(judge, `IdentityFile ${file('ed25519')}`);
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
    await using judge = await KnockJudge.open(publicKey('ed25519'));
    const profile = profileOf(judge, { identityFile: file('ed25519') });
    assert.match(await said(profile), /says: open/);
    assert.equal(judge.judged[0]?.body?.source, undefined);
    judge.requiresSource = true;
    judge.ahead = millis(600_000);
    assert.match(await said(profile), /says: open/);
    assert.deepEqual(
      judge.judged.map(({ status }) => status),
      ['open', 'clock', 'source', 'open'],
    );
    assert.equal(judge.judged.at(-1)?.body?.source, '127.0.0.1');
  });

  test('a refusal of the server is reported at once, without a retry', async () => {
    await using judge = await KnockJudge.open(publicKey('ed25519'));
    judge.verdict = 'refused';
    await using program = runKnock(judge, `IdentityFile ${file('ed25519')}\nPort ${await closedPort()}`);
    assert.equal((await program.exited).code, 1);
    assert.match(program.output, /^bussa: the server refuses: this key may not open that door/m);
    assert.equal(judge.packets.size, 1);
  });

  test('each oddity of a profile or key file is said in one line, with its remedy', async () => {
    await using judge = await KnockJudge.open(publicKey('ed25519'));
    await using other = await KnockJudge.open(publicKey('ed25519'));
    const [card, foreign] = [judge.card, other.card].map((text) => parseCard(nodeCiphers, text));
    if (card === undefined || foreign === undefined) throw new Error('no card');
    const key = `IdentityFile ${file('ed25519')}`;
    const damaged = judge.card.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    makeKey(file('encrypted'), '-t', 'ed25519', '-N', 'a passphrase');
    makeKey(file('old-pem'), '-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', 'a passphrase');
    rmSync(`${file('old-pem')}.pub`);
    writeFileSync(file('public-only.pub'), publicKey('ed25519'));
    writeFileSync(file('garbage'), 'no key at all\n');
    writeFileSync(file('empty'), '');
    writeFileSync(file('putty.ppk'), 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n');
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
      ['directory', `Card CARD\nIdentityFile ${scratch.path}`, /cannot be read: name an existing one/],
      ['encrypted', `Card CARD\nIdentityFile ${file('encrypted')}`, /got no passphrase: ssh-add /],
      ['encrypted, PEM', `Card CARD\nIdentityFile ${file('old-pem')}`, /public key: .* ssh-keygen -y -f /],
      [
        'public only',
        `Card CARD\nIdentityFile ${file('public-only.pub')}`,
        /no private key beside .*public-only\.pub: ssh-add it, or name its file with IdentityFile/,
      ],
      ...['garbage', 'empty', 'putty.ppk'].map(
        (name) =>
          [
            name,
            `Card CARD\nIdentityFile ${file(name)}`,
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
    const hosts = file('odd-hosts.conf');
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

  test('a door that the server does not know, or opens for less than For asks, is said with the remedy', async () => {
    await using judge = await KnockJudge.open(publicKey('ed25519'));
    await using shorter = runKnock(judge, `IdentityFile ${file('ed25519')}\nFor 2h`);
    assert.equal((await shorter.exited).code, 0);
    assert.match(
      shorter.output,
      /open for 60 s, .*; For asks for 2 h, but max_open_for of the door .* allows less/,
    );
    judge.verdict = 'refused';
    await using unknown = runKnock(judge, `IdentityFile ${file('ed25519')}\nDoor nowhere\nRetries 0`);
    assert.equal((await unknown.exited).code, 1);
    assert.match(unknown.output, /may not open that door .*bussa explain .*; Door in the profile names/);
  });

  test('a knock that is lost is followed by another one, and no packet is sent twice', async () => {
    await using judge = await KnockJudge.open(publicKey('ed25519'));
    judge.deaf = 2;
    await using program = runKnock(judge, `IdentityFile ${file('ed25519')}`, '--json');
    assert.equal((await program.exited).code, 0, program.output);
    const { open, reply, seconds: left, seen } = JSON.parse(program.output);
    assert.deepEqual({ open, reply, left, seen }, { open: true, reply: 'open', left: 60, seen: '127.0.0.1' });
    assert.equal(judge.packets.size, 3);
  });

  test('a port that is open before the reply comes: that is said, not that the server knows nothing of the key', async () => {
    await using judge = await KnockJudge.open(publicKey('ed25519'));
    judge.deaf = 100;
    const service = createServer((socket) => socket.destroy());
    service.listen(0, '127.0.0.1');
    await once(service, 'listening');
    const { port } = service.address() as AddressInfo;
    await using program = runKnock(judge, `IdentityFile ${file('ed25519')}\nPort ${port}`);
    assert.equal((await program.exited).code, 0, program.output);
    service.close();
    assert.match(program.output, /is open\nit was open before the server’s reply to the signed knock came$/m);
  });

  test('a server that knows no such key says nothing, and the client says what that may mean', async () => {
    await using judge = await KnockJudge.open(publicKey('ecdsa-256'));
    await using program = runKnock(judge, `IdentityFile ${file('ed25519')}\nRetries 0`);
    assert.equal((await program.exited).code, 1);
    assert.match(program.output, /has not replied .* does not know the key/);
    assert.equal(judge.judged[0]?.status, 'unknown key');
  });

  test('bussa connect by key: the port opens, and it is a pipe', async () => {
    await using judge = await KnockJudge.open(publicKey('ed25519'));
    const port = await closedPort();
    let service: Server | undefined;
    judge.onOpen = () => {
      service = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.end('welcome\n');
      }).listen(port, '127.0.0.1');
    };
    const hosts = writeHosts(judge, `IdentityFile ${file('ed25519')}`);
    await using program = new Program(BUSSA[0] as string, ['connect', '-F', hosts, 'box', `${port}`]);
    await program.saw(/welcome/);
    assert.equal(judge.packets.size, 1);
    service?.close();
  });

  test('Knock is the fallback where the key cannot sign', async () => {
    await using judge = await KnockJudge.open(publicKey('ed25519'));
    const knocked = createServer().listen(0, '127.0.0.1');
    await once(knocked, 'listening');
    const { port } = knocked.address() as { port: number };
    const isKnocked = once(knocked, 'connection');
    const settings = `IdentityFile /nowhere\nKnock ${port}\nPort ${await closedPort()}\nRetries 0`;
    await using program = runKnock(judge, settings);
    await isKnocked;
    assert.equal((await program.exited).code, 1);
    assert.match(program.output, /the key file \/nowhere cannot be read/);
    knocked.close();
  });

  describe('each refusal of the agent, with its remedy', () => {
    const refusal = async (name: string, from = agent.socket): Promise<string> => {
      await using judge = await KnockJudge.open(publicKey('ed25519'));
      // The public half alone, so that no file can serve.
      writeFileSync(file('alone.pub'), publicKey(name));
      return said(profileOf(judge, { identityAgent: from, identityFile: file('alone.pub') }));
    };

    test('no such key; an empty agent; a locked one', async () => {
      assert.match(await refusal('ed25519'), /has no key at all: it is locked \(ssh-add -X .* or empty/);
      agent.add(file('ecdsa-256'));
      assert.match(await refusal('ed25519'), /does not have the key .*: add it with ssh-add/);
      const askpass = file('askpass');
      writeFileSync(askpass, '#!/bin/sh\necho secret\n');
      chmodSync(askpass, 0o755);
      const ask = (option: string): Promise<unknown> =>
        new Program('setsid', ['-w', 'ssh-add', option], {
          ...process.env,
          ...{ SSH_AUTH_SOCK: agent.socket, SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' },
        }).exited;
      await ask('-x');
      assert.match(await refusal('ecdsa-256'), /it is locked \(ssh-add -X/);
      await ask('-X');
      agent.ask('-D', '-q');
    });

    test('a key for certain destinations', async () => {
      writeFileSync(file('known'), `jump.example.org ${publicKey('ecdsa-256')}`);
      agent.add(file('ed25519'), '-H', file('known'), '-h', 'jump.example.org');
      assert.match(await refusal('ed25519'), /is bound to destinations \(ssh-add -h\); add it without/);
      agent.ask('-D', '-q');
    });

    test('a confirmation that is not given', async () => {
      agent.add(file('ed25519'), '-c');
      assert.match(await refusal('ed25519'), /nobody confirmed .* ssh-add -c .* ssh-askpass/);
      agent.ask('-D', '-q');
    });

    test('no agent at the socket: the key file is used; without a file there is an error', async () => {
      assert.match(
        await refusal('ed25519', file('nobody')),
        /ENOENT.*: start an SSH agent, or name the socket of another one in IdentityAgent/,
      );
      await using judge = await KnockJudge.open(publicKey('ed25519'));
      const withFile = { identityAgent: file('nobody'), identityFile: `${file('ed25519')}.pub` };
      assert.match(await said(profileOf(judge, withFile)), /says: open/);
      assert.match(await refusal('ed25519', 'none'), /no SSH agent is set .* private key/);
    });

    test('an agent that never answers does not keep ssh-keygen from signing with the file', async () => {
      await using judge = await KnockJudge.open(publicKey('ed25519'));
      const silent = createServer().listen(file('silent'));
      await once(silent, 'listening');
      const hosts = writeHosts(judge, `IdentityAgent none\nIdentityFile ${file('ed25519')}\nRetries 0`);
      const env = { ...process.env, SSH_AUTH_SOCK: file('silent') };
      const [bussa = ''] = BUSSA;
      await using program = new Program(bussa, ['knock', '-F', hosts, 'box'], env);
      assert.equal((await program.exited).code, 0, program.output);
      assert.match(program.output, /says: open/);
      silent.close();
    });

    test('a passphrase that is not given, and a file that others can read', async () => {
      await using judge = await KnockJudge.open(publicKey('ed25519'));
      makeKey(file('secret'), '-t', 'ed25519', '-N', 'a passphrase');
      const run = async (name: string): Promise<string> => {
        const hosts = writeHosts(judge, `IdentityFile ${file(name)}\nRetries 0`);
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
      makeKey(file('loose'));
      chmodSync(file('loose'), 0o644);
      assert.match(await run('loose'), /others can read the file: chmod 600/);
    });

    test('an RSA key of 1,024 bits, and an agent that knows SHA-1 alone', async () => {
      makeKey(file('short'), '-t', 'rsa', '-b', '1024');
      assert.match(await refusal('short'), /has 1024 bits: at least 2048 are needed/);
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const sha1 = concatBytes(sshString('ssh-rsa'), sshString(sign('sha1', randomBytes(9), privateKey)));
      await using old = await FalseAgent.start(file('old'), () =>
        concatBytes(Uint8Array.of(14), sshString(sha1)),
      );
      assert.match(await refusal('rsa-2048', old.socket), /signs with SHA-1 only/);
    });

    test('a token that was not touched', async () => {
      await using token = await FalseAgent.start(file('token'), (request) =>
        request[0] === 11
          ? concatBytes(Uint8Array.of(12), uint32(1), sshString(TOKEN), sshString('key'))
          : Uint8Array.of(5),
      );
      writeFileSync(
        file('token-key.pub'),
        `sk-ssh-ed25519@openssh.com ${Buffer.from(TOKEN).toString('base64')}\n`,
      );
      await using judge = await KnockJudge.open(publicKey('ed25519'));
      const settings = `IdentityFile ${file('token-key.pub')}\nIdentityAgent ${token.socket}\nRetries 0`;
      await using program = runKnock(judge, settings);
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
        file('wild'),
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

  function writeHosts(judge: KnockJudge, settings: string): string {
    const hosts = file('hosts.conf');
    const agentLine = settings.includes('IdentityAgent') ? '' : 'IdentityAgent none\n';
    const text = `Host box\nHostName 127.0.0.1\nCard ${judge.card}\n${agentLine}${settings}\n`;
    writeFileSync(hosts, text, { mode: 0o600 });
    return hosts;
  }

  function runKnock(judge: KnockJudge, settings: string, ...options: readonly string[]): Program {
    const [bussa = ''] = BUSSA;
    return new Program(bussa, ['knock', '-F', writeHosts(judge, settings), 'box', ...options]);
  }
});

/** The public half of a key that no token has. */
const TOKEN = concatBytes(
  ...['sk-ssh-ed25519@openssh.com', randomBytes(32), 'ssh:'].map((part) => sshString(part)),
);

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
