import { LabEngine, makeCertificates, type StartProgram } from './engine.ts';
import type { Program } from './program.ts';
import { TempDirectory } from './temp-directory.ts';

const FIRST_SENTINEL_PORT = 26_390;
const SENTINELS = 3;

/** A primary is taken for dead after this. */
const DOWN_AFTER_MS = 1000;

/** As the administrator, over TLS alone. */
const REPLICATION = ['masteruser root', 'masterauth root', 'tls-replication yes'];

export type PairWishes = {
  readonly fleet: string;
  readonly members: readonly string[];
  readonly address: string;
  readonly start: StartProgram;
};

/** Two engines, one a replica of the other, and three sentinels, all on one host, with TLS. */
export class EnginePair implements AsyncDisposable {
  readonly primary: LabEngine;
  readonly replica: LabEngine;
  readonly #address: string;
  readonly #name: string;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    [primary, replica]: readonly [LabEngine, LabEngine],
    { address, fleet }: PairWishes,
    stack: AsyncDisposableStack,
  ) {
    this.primary = primary;
    this.replica = replica;
    this.#address = address;
    this.#name = fleet;
    this.#stack = stack;
  }

  static async start(wishes: PairWishes): Promise<EnginePair> {
    const { fleet, members, address, start } = wishes;
    await using stack = new AsyncDisposableStack();
    const certificates = stack.use(new TempDirectory());
    makeCertificates(certificates.path, [address], members);
    const primary = stack.use(
      await LabEngine.start({ ...wishes, port: 6390, more: REPLICATION }, certificates),
    );
    const more = [...REPLICATION, `replicaof ${address} 6390`];
    const replica = stack.use(await LabEngine.start({ ...wishes, port: 6391, more }, certificates));
    await followsPrimary(replica);
    for (let n = 0; n < SENTINELS; n++) {
      const sentinel = stack.use(startSentinel(certificates, fleet, address, FIRST_SENTINEL_PORT + n, start));
      await sentinel.saw(/\+monitor master/);
    }
    return new EnginePair([primary, replica], wishes, stack.move());
  }

  /** As `engine =` has it, for that member. */
  urlFor(member: string): string {
    const places = Array.from({ length: SENTINELS }, (_, n) => `${this.#address}:${FIRST_SENTINEL_PORT + n}`);
    return `valkeys+sentinel://${member}@${places.join()}/${this.#name}`;
  }

  filesFor(member: string): string {
    return this.primary.filesFor(member);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }
}

async function followsPrimary(replica: LabEngine): Promise<void> {
  while (!/master_link_status:up/.test(await replica.order('INFO', 'replication')));
}

/** It writes what it learns of the others into its configuration. */
function startSentinel(
  certificates: TempDirectory,
  name: string,
  address: string,
  port: number,
  start: StartProgram,
): Program {
  const file = certificates.file(
    `sentinel-${port}.conf`,
    `port 0
tls-port ${port}
bind ${address}
protected-mode no
dir ${certificates.path}
tls-cert-file ${certificates.path}/server.pem
tls-key-file ${certificates.path}/server.key
tls-ca-cert-file ${certificates.path}/ca.pem
tls-auth-clients yes
tls-replication yes
sentinel monitor ${name} ${address} 6390 2
sentinel auth-user ${name} root
sentinel auth-pass ${name} root
sentinel down-after-milliseconds ${name} ${DOWN_AFTER_MS}
sentinel failover-timeout ${name} 5000
`,
  );
  return start('redis-sentinel', file);
}
