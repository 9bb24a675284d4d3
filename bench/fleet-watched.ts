import { fileURLToPath } from 'node:url';
import type { Namespace } from '../test/lab/namespace.ts';
import type { Program } from '../test/lab/program.ts';
import type { FleetFixture } from '../test/netns/fleet-fixture.ts';

const NODE = [process.execPath, '--disable-warning=ExperimentalWarning'] as const;
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const PORTS = [7201, 7202, 7203] as const;

export const WATCHED_DOOR = `[single]
  sequence = ${PORTS.map((port) => `${port}:udp`).join(',')}
  open     = tcp/22
  open_for = 600
  fleet    = share, accept
`;

/** What is not in place by then will not come. */
const UNHEARD_MS = 4000;

/** A fleet, with the kernel's word of the last packet at the first host, and of the firewalls of all. */
export class FleetWatched implements AsyncDisposable {
  readonly #packets: Program;
  readonly #firewalls: readonly Program[];
  readonly #sender: Program;

  private constructor(packets: Program, firewalls: readonly Program[], sender: Program) {
    this.#packets = packets;
    this.#firewalls = firewalls;
    this.#sender = sender;
  }

  /** `sources`: addresses to knock from. */
  static async start({ net }: FleetFixture, sources: readonly string[]): Promise<FleetWatched> {
    const [first] = net.gateways as [Namespace, ...Namespace[]];
    const add = sources.map((source) => `addr add ${source}/32 dev lo`);
    await net.client.run('sh', '-c', 'printf "%s\\n" "$0" | ip -batch -', add.join('\n'));
    const packets = first.start(
      ...(['tcpdump', '-tt', '--time-stamp-precision=nano', '-nlB', '16384', '-i', 'eth0'] as const),
      `udp dst port ${PORTS[2]}`,
    );
    await packets.saw(/listening on/);
    const firewalls = net.gateways.map((gateway) => gateway.start(...NODE, script('firewall-watch.ts')));
    for (const firewall of firewalls) await firewall.saw(/watching/);
    const words = [script('source-sender.ts'), '10.7.1.1', ...PORTS.map(String)];
    const sender = net.client.start(...NODE, ...words);
    await sender.saw(/ready/);
    return new FleetWatched(packets, firewalls, sender);
  }

  /** Milliseconds from the last packet at the first host to the rule at each; NaN where it does not come. */
  async open(source: string): Promise<readonly number[]> {
    const before = this.#firewalls.map(({ output }) => placesIn(output).length);
    this.#sender.write(`${source}\n`);
    const seen = await this.#packets.saw(new RegExp(`^(\\S+) IP ${source.replaceAll('.', '\\.')}\\.`, 'm'));
    const sent = BigInt((seen[1] ?? '').replace('.', ''));
    return Promise.all(
      this.#firewalls.map(async (firewall, n) => {
        const nth = before[n] ?? 0;
        await firewall.saw(/^in place .*\n/m, nth + 1, UNHEARD_MS).catch(() => undefined);
        const at = placesIn(firewall.output)[nth];
        return at === undefined ? Number.NaN : Number(at - sent) / 1e6;
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of [this.#sender, ...this.#firewalls, this.#packets])
      await program[Symbol.asyncDispose]();
  }
}

const placesIn = (output: string): readonly bigint[] =>
  [...output.matchAll(/^in place (\d+)\n/gm)].map(([, at = '']) => BigInt(at));
