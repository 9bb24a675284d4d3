import { randomBytes, randomInt } from 'node:crypto';
import { CODE_PERIOD, codeOf, renderBase32, SECRET_BYTES, stepAt } from '../src/core/code/totp.ts';
import { instant } from '../src/core/net/time.ts';
import { nodeCiphers as ciphers } from '../src/host/crypto/node-ciphers.ts';
import { KNOCKD, type WorkDirectory } from '../test/lab/knockd.ts';
import { SERVER } from '../test/lab/wire.ts';
import { FloodFixture, openFlood, type SceneParts } from './flood-fixture.ts';
import type { Datagram } from './signed-traffic.ts';
import { addStrangers, STRANGERS, strangerOf } from './strangers.ts';
import { pause } from './test-bed.ts';

/** The door's two numbers. */
const PREFIXES = [17, 23] as const;
const HALF = 1000;

/** A daemon with a door for codes, and as many users as there are hosts on the wire: each code opens one address. */
export class CodeFixture extends FloodFixture {
  readonly #secrets: readonly Uint8Array[];

  private constructor(parts: SceneParts, secrets: readonly Uint8Array[]) {
    super(parts);
    this.#secrets = secrets;
  }

  static async open(): Promise<CodeFixture> {
    const secrets = Array.from({ length: STRANGERS }, () => Uint8Array.from(randomBytes(SECRET_BYTES)));
    const parts = await openFlood('Bussa', (directory) => commandOf(directory, secrets));
    await addStrangers(parts);
    const scene = new CodeFixture(parts, secrets);
    // Without the record of an earlier run, the codes of the start do not count.
    const [step] = scene.#stepAndRest();
    while (scene.#stepAndRest()[0] === step) await pause(100);
    return scene;
  }

  get port(): number {
    return PREFIXES[0] * HALF;
  }

  /** Guesses of strangers: each source knocks at both blocks, one behind the other. */
  writeGuesses(count: number): string {
    const payload = randomBytes(1);
    const guess = (): Datagram[] =>
      PREFIXES.map((prefix) => ({ port: prefix * HALF + randomInt(HALF), payload }));
    return this.writeAll(Array.from({ length: count }, guess));
  }

  /** The code of one user, from his own address. It is not knocked so late that it may be over when it arrives. */
  async knock(user: number): Promise<void> {
    if (this.#stepAndRest()[1] < 500) await pause(600);
    const code = codeOf(ciphers, this.#secrets[user] as Uint8Array, this.#stepAndRest()[0]);
    for (const [i, prefix] of PREFIXES.entries())
      await this.sender.send(
        strangerOf(user),
        SERVER,
        prefix * HALF + Number(code.slice(3 * i, 3 * i + 3)),
        randomBytes(1),
      );
  }

  async opened(): Promise<number> {
    const { codes } = await this.status<{ codes: Record<'opened' | 'extended', number> }>();
    return codes.opened + codes.extended;
  }

  #stepAndRest(): readonly [step: number, ms: number] {
    const now = instant(Date.now());
    return [stepAt(now), CODE_PERIOD - (now % CODE_PERIOD)];
  }
}

function commandOf(directory: WorkDirectory, secrets: readonly Uint8Array[]): readonly string[] {
  const users = directory.file(
    'users.conf',
    secrets.map((secret, n) => `[user${n}]\n  code = ${renderBase32(secret)}\n`).join(''),
  );
  const config = directory.file(
    'knockd.conf',
    `[options]
  firewall = nftables
  Users_File = ${users}

[code]
  accept = code
  code_ports = ${PREFIXES.join(', ')}
  open = tcp/22
  open_for = 5m
`,
  );
  return [...KNOCKD, '-v', '-c', config, '-i', 'eth0', '--state', directory.path];
}
