import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { KNOCK, WorkDirectory } from '../lab/knockd.ts';
import type { Namespace } from '../lab/namespace.ts';
import { addAddresses, SERVER, Wire } from '../lab/wire.ts';
import { sentDuring } from './knock-capture.ts';

export type Ended = { readonly status: number; readonly stdout: string; readonly stderr: string };

type Sent = { readonly texts: string[]; readonly times: number[]; readonly ended: Ended };

const CLIENT_LINK = 'fe80::2';
export const SERVER_LINK = 'fe80::1';

/**
 *     client                            server
 *     eth0 10.7.0.2  fd07::2      ────  eth0 10.7.0.1  fd07::1
 *          fe80::2                          fe80::1
 *     eth1 10.8.0.2               ────  eth1 10.8.0.1
 *     198.51.100.0/24 unreachable, 192.0.2.0/24 and the rest without a route
 */
export class KnockFixture implements AsyncDisposable {
  readonly client: Namespace;
  readonly server: Namespace;
  readonly directory = new WorkDirectory();
  readonly #wire: Wire;

  private constructor(wire: Wire) {
    this.#wire = wire;
    this.client = wire.client;
    this.server = wire.server;
  }

  static async create(): Promise<KnockFixture> {
    const stage = new KnockFixture(await Wire.create());
    const { client, server } = stage;
    await client.ip(`link add eth1 type veth peer name eth1 netns ${server.name}`);
    await addAddresses(client, 'eth1', '10.8.0.2');
    await addAddresses(server, 'eth1', '10.8.0.1');
    await client.ip('route add unreachable 198.51.100.0/24');
    await useLinkLocal(client, CLIENT_LINK);
    await useLinkLocal(server, SERVER_LINK);
    // The second way to the server has no neighbour to ask for: its address is on the first.
    const lladdr = /link\/ether (\S+)/.exec(await server.ip('link show eth1'))?.[1];
    await client.ip(`neigh add ${SERVER} lladdr ${lladdr} dev eth1`);
    return stage;
  }

  /** At the client. */
  run(...command: readonly string[]): Promise<Ended> {
    return new Promise((resolve, reject) => {
      execFile('ip', ['netns', 'exec', this.client.name, ...command], (error, stdout, stderr) => {
        const status = error === null ? 0 : error.code;
        if (typeof status === 'number') resolve({ status, stdout, stderr });
        else reject(error);
      });
    });
  }

  ours(...args: readonly string[]): Promise<Ended> {
    return this.run(...KNOCK, ...args);
  }

  /** The command with a file of the test's instead of one in /etc, for itself alone. */
  withFile(path: string, text: string, command: readonly string[]): string[] {
    const file = this.directory.file(path.replaceAll('/', '-'), text);
    return ['sh', '-c', `mount --bind "$0" ${path} && exec "$@"`, file, ...command];
  }

  /** What the command sends to the server through `eth0`. */
  async sent(...command: readonly string[]): Promise<Sent> {
    let ended: Ended | undefined;
    const packets = await sentDuring(this.client, this.directory, 'eth0', SERVER, async () => {
      ended = await this.run(...command);
    });
    assert.ok(ended !== undefined);
    return { texts: packets.map(({ text }) => text), times: packets.map(({ time }) => time), ended };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#wire[Symbol.asyncDispose]();
    this.directory[Symbol.dispose]();
  }
}

/** Protocol and port alone. */
export const brief = (texts: readonly string[]): string[] =>
  texts.map((text) => text.split(' ', 3).join(' '));

/** In place of the address that the kernel makes, which cannot be used before its duplicates have been sought. */
async function useLinkLocal(namespace: Namespace, address: string): Promise<void> {
  await namespace.ip('link set eth0 addrgenmode none');
  await namespace.ip('-6 addr flush dev eth0 scope link');
  await addAddresses(namespace, 'eth0', address);
}
