// Signatures of a real ssh-agent and of ssh-keygen, judged by us and by ssh-keygen.

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, watch, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { concatBytes, uint32 } from '../../src/core/bytes/concat-bytes.ts';
import { NAMESPACE } from '../../src/core/signed/knock-layout.ts';
import { readPublicKey, type SshPublicKey } from '../../src/core/ssh/public-key.ts';
import { judgeSignature, sshsigText } from '../../src/core/ssh/ssh-signature.ts';
import { sshString } from '../../src/core/ssh/ssh-writer.ts';
import { nodeCiphers } from '../../src/host/crypto/node-ciphers.ts';
import { signWithKeygen } from '../../src/host/ssh/sign-with-keygen.ts';
import { SshAgent, SshAgentError } from '../../src/host/ssh/ssh-agent.ts';
import { Scratch } from '../lab/child-module.ts';

const MESSAGE = Buffer.from('bussa knock 1\0 and what is to be signed');
const TEXT = sshsigText(NAMESPACE, nodeCiphers.sha512(MESSAGE));

const KEYS = [
  ['ed25519', []],
  ['second', ['-t', 'ed25519']],
  ['ecdsa-256', ['-t', 'ecdsa', '-b', '256']],
  ['ecdsa-384', ['-t', 'ecdsa', '-b', '384']],
  ['ecdsa-521', ['-t', 'ecdsa', '-b', '521']],
  ['rsa-2048', ['-t', 'rsa', '-b', '2048']],
  ['rsa-3072', ['-t', 'rsa', '-b', '3072']],
  ['rsa-4096', ['-t', 'rsa', '-b', '4096']],
] as const;

describe('signatures of OpenSSH', () => {
  const scratch = new Scratch();
  const socket = scratch.file('agent');
  const file = (name: string): string => scratch.file(name);
  let agent: ChildProcess | undefined;

  before(async () => {
    const isThere = Promise.withResolvers<void>();
    const watcher = watch(path.dirname(socket), () => {
      if (existsSync(socket)) isThere.resolve();
    });
    agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    await isThere.promise;
    watcher.close();
    for (const [name, options] of KEYS) {
      const type = options.length === 0 ? ['-t', 'ed25519'] : options;
      execFileSync('ssh-keygen', ['-q', '-N', '', '-C', name, ...type, '-f', file(name)]);
      execFileSync('ssh-add', ['-q', file(name)], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
    }
  });
  after(async () => {
    if (agent?.kill() === true) await once(agent, 'exit');
    scratch[Symbol.dispose]();
  });

  test('an agent with eight keys: each signature is good here, and by ssh-keygen -Y verify', async () => {
    const client = new SshAgent(socket);
    const keys = await client.keys();
    assert.deepEqual(
      keys.map(({ comment }) => comment),
      KEYS.map(([name]) => name),
    );
    for (const { blob, comment } of keys) {
      const signature = await client.sign(blob, TEXT);
      const key = keyOf(blob);
      assert.equal(judgeSignature(nodeCiphers, key, TEXT, signature).kind, 'good', comment);
      verifyWithKeygen(key, signature, comment);
      assertNothingElseIsGood(key, signature);
    }
  });

  test('without an agent, ssh-keygen signs with the key in its file', async () => {
    for (const [name] of KEYS) {
      const [, blob = ''] = readFileSync(`${file(name)}.pub`, 'utf8').split(' ');
      const key = keyOf(Buffer.from(blob, 'base64'));
      const signature = await signWithKeygen(file(name), NAMESPACE, MESSAGE);
      assert.equal(judgeSignature(nodeCiphers, key, TEXT, signature).kind, 'good', name);
    }
  });

  test('a key that the agent lacks is refused; a file that is not a socket is reported', async () => {
    const { blob } = (await new SshAgent(socket).keys())[0] as { blob: Uint8Array };
    const other = Uint8Array.from(blob);
    other[other.length - 1] = (other.at(-1) as number) ^ 1;
    const isOfKind = (kind: string) => (error: unknown) =>
      error instanceof SshAgentError && error.kind === kind;
    await assert.rejects(new SshAgent(socket).sign(other, TEXT), isOfKind('refused'));
    await assert.rejects(new SshAgent(file('none')).keys(), isOfKind('unreachable'));
  });

  test('keys of hardware tokens, emulated: touch and PIN are read, and ssh-keygen finds the signature good', () => {
    for (const [kind, flags] of [
      ['ed25519', 1],
      ['ed25519', 5],
      ['ed25519', 0],
      ['ecdsa', 1],
    ] as const) {
      const { key, signature } = signWithToken(kind, flags);
      const judgement = judgeSignature(nodeCiphers, key, TEXT, signature);
      assert.deepEqual(judgement, { kind: 'good', flags, counter: 7 }, kind);
      if ((flags & 1) !== 0) verifyWithKeygen(key, signature, `token-${kind}-${flags}`);
      assertNothingElseIsGood(key, signature);
    }
  });

  function verifyWithKeygen(key: SshPublicKey, signature: Uint8Array, name: string): void {
    const armoured = concatBytes(
      Buffer.from('SSHSIG'),
      uint32(1),
      sshString(key.blob),
      sshString(NAMESPACE),
      sshString(''),
      sshString('sha512'),
      sshString(signature),
    );
    const lines = Buffer.from(armoured)
      .toString('base64')
      .replace(/(.{70})/g, '$1\n');
    writeFileSync(
      file('signature'),
      `-----BEGIN SSH SIGNATURE-----\n${lines}\n-----END SSH SIGNATURE-----\n`,
    );
    const blob = Buffer.from(key.blob).toString('base64');
    writeFileSync(file('signers'), `knocker namespaces="${NAMESPACE}" ${key.type} ${blob}\n`);
    const args = [
      '-Y',
      'verify',
      '-n',
      NAMESPACE,
      '-I',
      'knocker',
      '-f',
      file('signers'),
      '-s',
      file('signature'),
    ];
    const output = execFileSync('ssh-keygen', args, { input: MESSAGE, encoding: 'utf8' });
    assert.match(output, /^Good "knock@bussa" signature/, name);
  }
});

function keyOf(blob: Uint8Array): SshPublicKey {
  const reading = readPublicKey(blob);
  if (reading.kind === 'refused') throw new Error(reading.reason);
  return reading.key;
}

/** One bit of the signature changed, a byte behind it, or another text. */
function assertNothingElseIsGood(key: SshPublicKey, signature: Uint8Array): void {
  for (let at = 0; at < signature.length; at += 1 + Math.floor(signature.length / 40)) {
    const changed = Uint8Array.from(signature);
    changed[at] = (changed[at] as number) ^ 1;
    assert.equal(judgeSignature(nodeCiphers, key, TEXT, changed).kind, 'bad', `byte ${at}`);
  }
  const longer = concatBytes(signature, Uint8Array.of(0));
  assert.equal(judgeSignature(nodeCiphers, key, TEXT, longer).kind, 'bad', 'a byte behind it');
  const other = sshsigText('file', nodeCiphers.sha512(MESSAGE));
  assert.equal(judgeSignature(nodeCiphers, key, other, signature).kind, 'bad', 'another namespace');
}

/** PROTOCOL.u2f of OpenSSH, in software. */
function signWithToken(
  kind: 'ed25519' | 'ecdsa',
  flags: number,
): { key: SshPublicKey; signature: Uint8Array } {
  const sha256 = (bytes: Uint8Array | string): Buffer => createHash('sha256').update(bytes).digest();
  const signed = concatBytes(sha256('ssh:'), Uint8Array.of(flags), uint32(7), sha256(TEXT));
  if (kind === 'ed25519') {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const type = 'sk-ssh-ed25519@openssh.com';
    const point = publicKey.export({ type: 'spki', format: 'der' }).subarray(12);
    const blob = concatBytes(sshString(type), sshString(point), sshString('ssh:'));
    const raw = sshString(sign(null, signed, privateKey));
    return {
      key: keyOf(blob),
      signature: concatBytes(sshString(type), raw, Uint8Array.of(flags), uint32(7)),
    };
  }
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const type = 'sk-ecdsa-sha2-nistp256@openssh.com';
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const point = concatBytes(Uint8Array.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url'));
  const blob = concatBytes(sshString(type), sshString('nistp256'), sshString(point), sshString('ssh:'));
  const raw = sign('sha256', signed, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  const numbers = sshString(concatBytes(mpint(raw.subarray(0, 32)), mpint(raw.subarray(32))));
  return {
    key: keyOf(blob),
    signature: concatBytes(sshString(type), numbers, Uint8Array.of(flags), uint32(7)),
  };
}

function mpint(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0);
  const short = bytes.subarray(start);
  return sshString((short[0] ?? 0) >= 0x80 ? concatBytes(Uint8Array.of(0), short) : short);
}
