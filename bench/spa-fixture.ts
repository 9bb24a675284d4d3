import { randomBytes, randomInt } from 'node:crypto';
import { instant } from '../src/core/net/time.ts';
import { renderSpaLine } from '../src/core/spa/render-fwknoprc.ts';
import type { SpaCredential } from '../src/core/spa/spa-credential.ts';
import { renderSpaMessage } from '../src/core/spa/spa-message.ts';
import { sealSpa } from '../src/core/spa/spa-packet.ts';
import { nodeCiphers as ciphers } from '../src/host/crypto/node-ciphers.ts';
import { KNOCKD, type WorkDirectory } from '../test/lab/knockd.ts';
import { SERVER } from '../test/lab/wire.ts';
import { type Contestant, FloodFixture, openFlood, type SceneParts } from './flood-fixture.ts';
import { accessStanza, FWKNOPD, SPA_PORT, writeFwknopConfig } from './fwknop.ts';
import { drawSpaKey, sourceOf } from './signed-traffic.ts';
import { addStrangers } from './strangers.ts';

type SpaKey = ReturnType<typeof drawSpaKey>;

/** Bussa or fwknopd, with the keys of so many users of fwknop. */
export class SpaFixture extends FloodFixture {
  readonly #keys: readonly SpaKey[];

  private constructor(parts: SceneParts, keys: readonly SpaKey[]) {
    super(parts);
    this.#keys = keys;
  }

  static async open(name: Contestant, users: number): Promise<SpaFixture> {
    const keys = Array.from({ length: users }, drawSpaKey);
    const parts = await openFlood(name, (directory) => commandOf(name, directory, keys));
    await addStrangers(parts);
    return new SpaFixture(parts, keys);
  }

  get port(): number {
    return SPA_PORT;
  }

  /** The packet of one user, who asks for his own address. */
  async knock(user: number, source: string): Promise<void> {
    const key = this.#keys[user % this.#keys.length] as SpaKey;
    const packet = Buffer.from(packetOf(key, source), 'latin1');
    await this.sender.send(source, SERVER, SPA_PORT, packet);
  }

  /** One packet from each of so many sources, by the users in turn. */
  writeHonest(count: number): string {
    const keyOf = (n: number): SpaKey => this.#keys[n % this.#keys.length] as SpaKey;
    return this.write(
      Array.from({ length: count }, (_, n) => Buffer.from(packetOf(keyOf(n), sourceOf(n)), 'latin1')),
    );
  }

  /** Doors opened so far, as the daemon counts them; fwknopd says each in its log. */
  async opened(): Promise<number> {
    if (this.name === 'fwknopd') return this.daemon.count(/Added access rule to/g);
    const { spa } = await this.status<{ spa: { outcomes: Record<'opened' | 'extended', number> } }>();
    return spa.outcomes.opened + spa.outcomes.extended;
  }
}

function commandOf(name: Contestant, directory: WorkDirectory, keys: readonly SpaKey[]): readonly string[] {
  if (name === 'fwknopd') {
    const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
    const stanzas = keys.map(({ key, hmac }) => accessStanza(base64(key), base64(hmac.key)));
    return [FWKNOPD, ...writeFwknopConfig(directory, 7000, stanzas)];
  }
  const users = directory.file(
    'users.conf',
    keys.map((key, n) => `[user${n}]\n${renderSpaLine(key)}\n`).join(''),
  );
  const config = directory.file(
    'knockd.conf',
    `[options]
  firewall = nftables
  Users_File = ${users}

[spa]
  accept = spa
  open = tcp/22
  open_for = 5m
`,
  );
  return [...KNOCKD, '-v', '-c', config, '-i', 'eth0', '--state', directory.path];
}

function packetOf(credential: SpaCredential, source: string): string {
  const random = `${randomInt(1e8)}`.padStart(8, '0').repeat(2);
  const message = { type: 1, message: `${source},tcp/22` } as const;
  const at = { random, user: 'somebody', time: instant(Date.now()), version: '3.0.0' };
  const text = renderSpaMessage(ciphers, 'sha256', { ...at, ...message });
  return sealSpa(ciphers, credential, text, randomBytes(8));
}
