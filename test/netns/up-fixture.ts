import { BUSSA as BUSSA_COMMAND, WorkDirectory } from '../lab/knockd.ts';
import type { Namespace } from '../lab/namespace.ts';
import type { NetService } from '../lab/net-service.ts';
import type { Program } from '../lab/program.ts';
import { Connection, startService } from '../lab/service.ts';
import { CLIENT, SERVER, Wire } from '../lab/wire.ts';
import { shutFirewall } from './firewall.ts';

export const BUSSA = BUSSA_COMMAND[0] as string;
export const DOOR = `[ssh]
  sequence    = 7000,8000,9000
  seq_timeout = 5
  tcpflags    = syn
  open        = tcp/22
  open_for    = 20
`;

/** A wire, a service on port 22, and a directory for what is written. */
export class UpFixture implements AsyncDisposable {
  readonly client: Namespace;
  readonly server: Namespace;
  readonly directory = new WorkDirectory();
  readonly #wire: Wire;
  readonly #service: NetService;

  private constructor(wire: Wire, service: NetService) {
    this.#wire = wire;
    this.#service = service;
    this.client = wire.client;
    this.server = wire.server;
    this.directory.file('knockd.conf', DOOR);
  }

  static async create(): Promise<UpFixture> {
    const wire = await Wire.create();
    return new UpFixture(wire, await startService(wire.server, 22));
  }

  get config(): string {
    return this.directory.file('knockd.conf');
  }

  up(...options: readonly string[]): Program {
    return this.server.start(BUSSA, 'up', ...this.#place(), ...options);
  }

  confirm(): Program {
    return this.server.start(BUSSA, 'confirm', ...this.#place());
  }

  /** Everybody's rules, without the counters that packets change. */
  async rules(): Promise<string> {
    const text = await this.server.run('nft', '-s', 'list', 'ruleset');
    return text.replaceAll(/counter packets \d+ bytes \d+/g, 'counter');
  }

  connect(from = CLIENT, to = SERVER): Promise<Connection> {
    return Connection.open(this.client, to, 22, from);
  }

  #place(): string[] {
    return ['-c', this.config, '--state', this.directory.path];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service[Symbol.asyncDispose]();
    await this.#wire[Symbol.asyncDispose]();
    this.directory[Symbol.dispose]();
  }
}

/** What is closed where `bussa up` starts. */
export const UP_SITUATIONS: readonly {
  readonly name: string;
  readonly arrange: (server: Namespace) => Promise<void>;
}[] = [
  { name: 'no firewall at all', arrange: async () => undefined },
  {
    name: 'iptables with policy DROP that lets the port in',
    arrange: async (server) => {
      await shutFirewall(server);
      for (const iptables of ['/sbin/iptables', '/sbin/ip6tables']) {
        await server.run(iptables, '-w', '-A', 'INPUT', '-p', 'tcp', '--dport', '22', '-j', 'ACCEPT');
      }
    },
  },
];
