import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { exchangeSigned, type SignedOutcome } from '../../src/app/client/exchange-signed.ts';
import { explainSigned } from '../../src/app/client/explain-signed.ts';
import { findIdentities } from '../../src/app/client/identity.ts';
import type { Profile } from '../../src/core/client/profile.ts';
import type { Address } from '../../src/core/net/address.ts';
import { seconds } from '../../src/core/net/time.ts';
import { parseCard } from '../../src/core/signed/server-card.ts';
import { nodeCiphers } from '../../src/host/crypto/node-ciphers.ts';
import { Scratch } from '../lab/child-module.ts';
import type { KnockJudge } from '../lab/knock-judge.ts';
import { BUSSA } from '../lab/knockd.ts';
import { Program } from '../lab/program.ts';
import { AgentProcess, makeKey } from '../lab/ssh-agent.ts';

/** Only a failing test waits so long for a reply. */
const PATIENCE = seconds(20);

/** Each type of key by its name, with the options of ssh-keygen. */
export const KEYS = {
  ed25519: [],
  'ecdsa-256': ['-t', 'ecdsa', '-b', '256'],
  'ecdsa-384': ['-t', 'ecdsa', '-b', '384'],
  'ecdsa-521': ['-t', 'ecdsa', '-b', '521'],
  'rsa-2048': ['-t', 'rsa', '-b', '2048'],
  'rsa-4096': ['-t', 'rsa', '-b', '4096'],
} as const;

/** The client by key: key files of its own, a real ssh-agent, and profiles that lead to a `KnockJudge`. */
export class KeyClientFixture implements AsyncDisposable {
  readonly agent: AgentProcess;
  readonly #scratch: Scratch;

  private constructor(scratch: Scratch, agent: AgentProcess) {
    this.#scratch = scratch;
    this.agent = agent;
  }

  /** With keys of these types. */
  static async create(...keys: readonly (keyof typeof KEYS)[]): Promise<KeyClientFixture> {
    const scratch = new Scratch();
    const fixture = new KeyClientFixture(scratch, await AgentProcess.start(scratch.file('agent')));
    for (const name of keys) makeKey(fixture.file(name), ...KEYS[name]);
    return fixture;
  }

  get directory(): string {
    return this.#scratch.path;
  }

  file(name: string): string {
    return this.#scratch.file(name);
  }

  publicKey(name: string): string {
    return readFileSync(`${this.file(name)}.pub`, 'utf8');
  }

  profileOf(judge: KnockJudge, settings: Partial<Profile>): Profile {
    return {
      ...{ name: 'box', hostName: '127.0.0.1', retries: 3, timeout: seconds(30) },
      card: parseCard(nodeCiphers, judge.card) ?? assert.fail('no card'),
      identityAgent: 'none',
      ...settings,
    };
  }

  /** One signed knock with the first key that there is; in words where there is none. */
  async knock(profile: Profile): Promise<SignedOutcome> {
    const found = await findIdentities(profile);
    if (found.kind === 'none') return { kind: 'not-sent', reason: found.reason };
    return exchangeSigned({
      ...{ profile, card: profile.card ?? assert.fail('no card'), identity: found.identities[0] },
      ...{ to: { family: 4, address: '127.0.0.1' as Address }, patience: PATIENCE },
      ...{ stop: new AbortController().signal, left: () => undefined },
    });
  }

  /** What the client says of such a knock. */
  async said(profile: Profile): Promise<string> {
    return explainSigned(await this.knock(profile));
  }

  writeHosts(judge: KnockJudge, settings: string): string {
    const hosts = this.file('hosts.conf');
    const agentLine = settings.includes('IdentityAgent') ? '' : 'IdentityAgent none\n';
    const text = `Host box\nHostName 127.0.0.1\nCard ${judge.card}\n${agentLine}${settings}\n`;
    writeFileSync(hosts, text, { mode: 0o600 });
    return hosts;
  }

  runKnock(judge: KnockJudge, settings: string, ...options: readonly string[]): Program {
    const [bussa = ''] = BUSSA;
    return new Program(bussa, ['knock', '-F', this.writeHosts(judge, settings), 'box', ...options]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.agent[Symbol.asyncDispose]();
    this.#scratch[Symbol.dispose]();
  }
}

/** A port of 127.0.0.1 at which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
