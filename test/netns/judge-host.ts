/**
 * The host's side of the difference between doctor's judge and the kernel. Reads orders as JSON, one a line: loads
 * rules, lists them as doctor does, and answers `judged ID JSON`.
 */
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { judgeFirewall } from '../../src/app/doctor/judge-firewall.ts';
import { readOwnerCommands } from '../../src/app/doctor/owner-commands.ts';
import { StrangerJudge } from '../../src/app/exposure/stranger-judge.ts';
import type { Port } from '../../src/core/net/port.ts';
import { openNftables } from '../../src/host/ffi/libnftables.ts';
import { listRules } from '../../src/host/firewall/choice/list-rules.ts';
import { KernelRoutes } from '../../src/host/interfaces/host-routes.ts';
import { readInterfaces } from '../../src/host/interfaces/interfaces.ts';
import { NetlinkSocket } from '../../src/host/netlink/netlink-socket.ts';

export type RuleLoad = {
  readonly nft?: string;
  /** For iptables-restore of these names. */
  readonly restore?: Readonly<Record<string, string>>;
  /** For `ipset restore`. */
  readonly ipset?: string;
};

export type JudgeOrder = {
  readonly id: number;
  readonly load: RuleLoad;
  readonly listen?: readonly number[];
  readonly ports: readonly { readonly protocol: 'tcp' | 'udp'; readonly port: number }[];
  readonly families: readonly (4 | 6)[];
  /** Before that, each remedy that doctor has for a port is typed, one after the other. */
  readonly fix?: true;
};

/** What has been typed, and what has not mended anything. */
export type Mended = { readonly commands: readonly string[]; readonly failed?: string };

const BUILTIN = {
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
} as const;
/** Every builtin chain with policy ACCEPT, and no rules. */
const EMPTY = Object.entries(BUILTIN)
  .map(([table, names]) => `*${table}\n${names.map((name) => `:${name} ACCEPT [0:0]\n`).join('')}COMMIT\n`)
  .join('');
const nft = openNftables();
let legacy: readonly string[] = [];

/** linux/netfilter/nfnetlink_conntrack.h: without a name, all connections are forgotten. */
const NETLINK_NETFILTER = 12;
const DELETE_CONNECTIONS = (1 << 8) | 2;
const tracking = new NetlinkSocket(NETLINK_NETFILTER, 'the connections');

function load(rules: RuleLoad): void {
  for (const command of legacy) execFileSync(command, { input: EMPTY });
  legacy = Object.keys(rules.restore ?? {}).filter((one) => one.includes('legacy'));
  nft.run('flush ruleset\n');
  if (rules.ipset !== undefined) execFileSync('ipset', ['restore', '-exist'], { input: `${rules.ipset}\n` });
  if (rules.nft !== undefined) nft.run(rules.nft);
  for (const [command, text] of Object.entries(rules.restore ?? {})) execFileSync(command, { input: text });
  tracking.order(DELETE_CONNECTIONS, new Uint8Array(4));
}

async function look<T>(use: (judging: StrangerJudge) => T): Promise<T> {
  const interfaces = readInterfaces({ routes: true });
  using routes = new KernelRoutes(interfaces);
  const outer = interfaces.filter(({ name }) => name.startsWith('eth'));
  const entrances = { input: outer, forward: [] };
  return use(new StrangerJudge(await listRules(), { interfaces, entrances, routes }));
}

async function fix({ ports }: JudgeOrder): Promise<Mended> {
  const commands: string[] = [];
  for (;;) {
    const findings = await look(async (judging) =>
      judgeFirewall(
        ports.map(({ protocol, port }) => ({ protocol, port: port as Port, path: 'input', isNative: false })),
        {
          judge: judging,
          owner: await readOwnerCommands(judging.ruleset),
          serves: () => true,
          start: undefined,
          forward: () => ({ hint: 'no door opens ports' }),
          hasIptables: true,
        },
      ),
    );
    const { remedy } = findings.find((one) => CLOSING.has(one.id) && one.remedy !== undefined) ?? {};
    if (remedy === undefined) return { commands };
    if (commands.includes(remedy)) return { commands, failed: `typed, and still printed: ${remedy}` };
    commands.push(remedy);
    try {
      execFileSync('sh', ['-c', remedy], { stdio: ['ignore', 'pipe', 'pipe'] });
    } catch (error) {
      return { commands, failed: (error as Error).message };
    }
  }
}

const CLOSING: ReadonlySet<string> = new Set(['port-hidden', 'ipv6-gap', 'container-bypass']);

async function judge(order: JudgeOrder): Promise<void> {
  const { id, ports, families } = order;
  if (order.fix === true) console.log(`mended ${id} ${JSON.stringify(await fix(order))}`);
  await look((judging) => tellFates(judging, id, ports, families));
}

function tellFates(
  judging: StrangerJudge,
  id: number,
  ports: JudgeOrder['ports'],
  families: JudgeOrder['families'],
): void {
  const fates = families.flatMap((family) =>
    ports.map((port) => ({ family, ...port, ...judging.fateOf(port, family) })),
  );
  console.log(`judged ${id} ${JSON.stringify(fates)}`);
}

const listening = new Set<number>();
async function listen(ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    if (listening.has(port)) continue;
    listening.add(port);
    const server = createServer((socket) => socket.destroy());
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen({ port, host: '::', backlog: 4096 }, resolve);
    await promise;
  }
}

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as JudgeOrder;
  await listen(order.listen ?? []);
  try {
    load(order.load);
  } catch (error) {
    console.log(`judged ${order.id} ${JSON.stringify({ error: String((error as Error).message) })}`);
    continue;
  }
  await judge(order);
}
