import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, watch, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Address } from '../../src/core/net/address.ts';
import { instant, seconds } from '../../src/core/net/time.ts';
import { renderHead } from '../../src/core/signed/knock-body.ts';
import { openReply } from '../../src/core/signed/knock-reply.ts';
import { ephemeralOf, keyIdOf, sealKnock, signedText } from '../../src/core/signed/seal-knock.ts';
import { renderServerKeys } from '../../src/core/signed/server-keys.ts';
import { nodeCiphers as ciphers } from '../../src/host/crypto/node-ciphers.ts';
import { SshAgent } from '../../src/host/ssh/ssh-agent.ts';
import { WorkDirectory } from './knockd.ts';

export const SIGNED_PORT = 62_202;

/** What a knock asks for, where it is not the usual. */
export type Asked = {
  readonly kind?: 'open' | 'close';
  readonly source?: string;
  /** By how much the sender's clock is ahead. */
  readonly aheadMs?: number;
  readonly challenge?: Uint8Array;
  readonly door?: string;
  readonly seconds?: number;
  readonly reply?: boolean;
  /** The comment of the key that signs. */
  readonly key?: string;
  /** Sealed to this server, not to the signer's own. */
  readonly serverPublic?: Uint8Array;
};

export type Signed = { readonly packet: Uint8Array; readonly replyKey: Uint8Array };

/** A server's key, a users file, and a real ssh-agent whose keys sign knocks for that server. */
export class KnockSigner implements AsyncDisposable {
  readonly directory = new WorkDirectory();
  readonly serverSecret = randomBytes(32);
  readonly serverPublic = ciphers.x25519Public(this.serverSecret);
  readonly #agentSocket = this.directory.file('agent');
  #agent: ChildProcess | undefined;
  /** By comment. */
  readonly #blobs = new Map<string, Uint8Array>();

  /** `keys`: comments, with the options of ssh-keygen for keys that are not Ed25519. */
  static async create(
    keys: Readonly<Record<string, readonly string[]>> = { alice: [] },
  ): Promise<KnockSigner> {
    const signer = new KnockSigner();
    await signer.#startAgent();
    for (const [name, options] of Object.entries(keys)) signer.#addKey(name, options);
    writeFileSync(signer.serverKeyFile, renderServerKeys([{ secret: signer.serverSecret }]), { mode: 0o600 });
    signer.writeUsers();
    return signer;
  }

  get usersFile(): string {
    return this.directory.file('users.conf');
  }

  get serverKeyFile(): string {
    return this.directory.file('server.key');
  }

  /** The options that a daemon takes its knocks by. */
  get options(): string {
    return `[options]\n  Users_File = ${this.usersFile}\n  Server_Key = ${this.serverKeyFile}\n  Signed_Port = ${SIGNED_PORT}\n`;
  }

  /** A user for each key, of its name; `more`: lines for some of them. */
  writeUsers(more: Readonly<Record<string, string>> = {}): void {
    const users = [...this.#blobs.keys()].map(
      (name) => `[${name}]\n  key = ${this.keyLine(name)}\n${more[name] ?? ''}`,
    );
    writeFileSync(this.usersFile, users.join('\n'), { mode: 0o600 });
  }

  keyLine(name: string): string {
    return readFileSync(`${this.directory.file(name)}.pub`, 'utf8').trim();
  }

  async sign(asked: Asked = {}): Promise<Signed> {
    const { key = 'alice', serverPublic = this.serverPublic, challenge, source } = asked;
    const blob = this.#blobs.get(key);
    if (blob === undefined) throw new Error(`no key ${key}`);
    const head = renderHead({
      kind: asked.kind ?? 'open',
      wantsReply: asked.reply ?? true,
      time: instant(challenge === undefined ? Date.now() + (asked.aheadMs ?? 0) : 0),
      nonce: randomBytes(16),
      keyId: keyIdOf(ciphers, blob),
      length: seconds(asked.seconds ?? 0),
      door: asked.door ?? '',
      ...(source === undefined ? {} : { source: source as Address }),
      ...(challenge === undefined ? {} : { challenge }),
    });
    const ephemeral = ephemeralOf(ciphers, randomBytes(32), (randomBytes(1)[0] as number) > 127);
    const text = signedText(ciphers, serverPublic, ephemeral.point, head);
    const signature = await new SshAgent(this.#agentSocket).sign(blob, text);
    const sealed = sealKnock(ciphers, serverPublic, ephemeral, head, signature);
    if (sealed === undefined) throw new Error('the signature does not fit');
    return sealed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#agent?.kill() === true) await once(this.#agent, 'exit');
    this.directory[Symbol.dispose]();
  }

  async #startAgent(): Promise<void> {
    const isThere = Promise.withResolvers<void>();
    const watcher = watch(path.dirname(this.#agentSocket), () => {
      if (existsSync(this.#agentSocket)) isThere.resolve();
    });
    this.#agent = spawn('ssh-agent', ['-D', '-a', this.#agentSocket], { stdio: 'ignore' });
    await isThere.promise;
    watcher.close();
  }

  #addKey(name: string, options: readonly string[]): void {
    const file = this.directory.file(name);
    const type = options.length === 0 ? ['-t', 'ed25519'] : options;
    execFileSync('ssh-keygen', ['-q', '-N', '', '-C', name, ...type, '-f', file]);
    execFileSync('ssh-add', ['-q', file], { env: { ...process.env, SSH_AUTH_SOCK: this.#agentSocket } });
    const [, base64 = ''] = readFileSync(`${file}.pub`, 'utf8').split(' ');
    this.#blobs.set(name, Buffer.from(base64, 'base64'));
  }
}

export const readReply = ({ replyKey }: Signed, payload: Uint8Array) => openReply(ciphers, replyKey, payload);
