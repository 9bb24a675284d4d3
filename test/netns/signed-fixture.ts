import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync } from 'node:fs';
import { type Asked, KnockSigner, readReply, SIGNED_PORT, type Signed } from '../lab/knock-signer.ts';
import { fence, startKnockdBehind, WorkDirectory } from '../lab/knockd.ts';
import { Namespace } from '../lab/namespace.ts';
import { PayloadSender } from '../lab/payload-sender.ts';
import type { Program } from '../lab/program.ts';
import { startService } from '../lab/service.ts';
import { SmallDisk } from '../lab/small-disk.ts';
import { addAddresses, CLIENT, SERVER, Wire } from '../lab/wire.ts';

export const KEY_DOOR = `[ssh]
  accept   = key
  open     = tcp/22
  open_for = 30
`;

/** An address of the client that only a fence knocks from: no flood has used up what it may send. */
const FENCE = '10.7.0.250';

export type StageOptions = {
  readonly config?: string;
  readonly arrange?: (server: Namespace) => Promise<void>;
  readonly keys?: Parameters<typeof KnockSigner.create>[0];
  /** The daemon's state is on a disk of its own, of so many KiB. */
  readonly diskKib?: number;
  /** Words behind which the daemon starts, such as `env` with variables. */
  readonly prefix?: (directory: WorkDirectory) => readonly string[];
  /** Whose users may knock here as well, at a server with a key of its own. */
  readonly usersOf?: KnockSigner;
};

type Parts = {
  readonly signer: KnockSigner;
  /** Whose keys may knock. */
  readonly user: KnockSigner;
  readonly wire: Wire;
  readonly sender: PayloadSender;
  readonly fences: PayloadSender;
  readonly directory: WorkDirectory;
  readonly config: string;
  readonly disk: SmallDisk | undefined;
  readonly prefix: readonly string[];
  readonly stack: AsyncDisposableStack;
};

/** A client and a server with a daemon that takes knocks which the signer's keys have signed, and a service on 22. */
export class SignedFixture implements AsyncDisposable {
  readonly signer: KnockSigner;
  readonly wire: Wire;
  readonly sender: PayloadSender;
  readonly #fences: PayloadSender;
  readonly #user: KnockSigner;
  readonly directory: WorkDirectory;
  readonly #config: string;
  readonly disk: SmallDisk | undefined;
  readonly #prefix: readonly string[];
  readonly #stack: AsyncDisposableStack;
  knockd: Program;

  private constructor(parts: Parts, knockd: Program) {
    const { signer, user, wire, sender, fences, directory, config, disk, prefix, stack } = parts;
    this.#prefix = prefix;
    this.signer = signer;
    this.wire = wire;
    this.sender = sender;
    this.#fences = fences;
    this.#user = user;
    this.directory = directory;
    this.#config = config;
    this.disk = disk;
    this.#stack = stack;
    this.knockd = knockd;
  }

  static async create({
    config = KEY_DOOR,
    arrange,
    keys,
    usersOf,
    diskKib,
    prefix: prefixIn,
  }: StageOptions = {}): Promise<SignedFixture> {
    await using stack = new AsyncDisposableStack();
    const wire = stack.use(await Wire.create());
    const signer = stack.use(await KnockSigner.create(keys));
    const directory = stack.use(new WorkDirectory());
    if (usersOf !== undefined) copyFileSync(usersOf.usersFile, signer.usersFile);
    await arrange?.(wire.server);
    stack.use(await startService(wire.server, 22));
    await addAddresses(wire.client, 'eth0', FENCE);
    const [sender, fences] = [await PayloadSender.start(wire.client), await PayloadSender.start(wire.client)];
    stack.use(sender);
    stack.use(fences);
    const whole = signer.options + config;
    const disk = diskKib === undefined ? undefined : await mountState(wire.server, directory, diskKib);
    if (disk !== undefined) stack.use(disk);
    const prefix = prefixIn?.(directory) ?? [];
    const knockd = await start(wire.server, directory, whole, disk, prefix);
    const parts = {
      signer,
      user: usersOf ?? signer,
      wire,
      sender,
      fences,
      directory,
      config: whole,
      disk,
      prefix,
      stack: stack.move(),
    };
    return new SignedFixture(parts, knockd);
  }

  /** Signs, sends, and reads the reply. */
  async knock(asked: Asked = {}, source = CLIENT, to = SERVER): Promise<ReturnType<typeof readReply>> {
    return this.knockWith(await this.signer.sign(asked), source, to);
  }

  async knockWith(signed: Signed, source = CLIENT, to = SERVER): Promise<ReturnType<typeof readReply>> {
    await this.sender.send(source, to, SIGNED_PORT, signed.packet);
    const reply = await this.sender.reply();
    assert.deepEqual([reply.from, reply.port], [to, SIGNED_PORT]);
    return readReply(signed, reply.payload);
  }

  /** Sends it until the daemon says so: a flood that is still being read leaves no room for it. */
  async sendUntil(signed: Signed, source: string, to: string, said: RegExp): Promise<void> {
    for (let tries = 1; ; tries++) {
      await this.sender.send(source, to, SIGNED_PORT, signed.packet);
      const seen = await this.knockd.saw(said, 1, tries < 20 ? 500 : 10_000).catch((error: unknown) => {
        if (tries === 20) throw error;
      });
      if (seen !== undefined) return;
    }
  }

  /**
   * Everything that was sent before has been judged: a sequence, which has a ring of its own, is complete; and a knock
   * behind the others, which asks to close what is not open, is answered.
   */
  async fence(): Promise<void> {
    await fence(this.knockd, this.wire.client, SERVER);
    const sent: Signed[] = [];
    for (let tries = 1; ; tries++) {
      const signed = await this.#user.sign({ kind: 'close', serverPublic: this.signer.serverPublic });
      sent.push(signed);
      await this.#fences.send(FENCE, SERVER, SIGNED_PORT, signed.packet);
      const reply = await this.#fences.reply(tries < 20 ? 500 : 10_000).catch((error: unknown) => {
        if (tries === 20) throw error;
      });
      if (reply !== undefined && sent.some((one) => readReply(one, reply.payload) !== undefined)) return;
    }
  }

  /** Openings by signed knocks since the last start. */
  get openings(): number {
    return this.knockd.count(/: ssh: alice: OPEN SESAME \(key/g);
  }

  async restart(
    signal: NodeJS.Signals,
    meanwhile: () => void | Promise<void> = () => undefined,
  ): Promise<void> {
    await this.knockd.stop(signal);
    await meanwhile();
    this.knockd = await start(this.wire.server, this.directory, this.#config, this.disk, this.#prefix);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.knockd[Symbol.asyncDispose]();
    await this.#stack.disposeAsync();
  }
}

function mountState(server: Namespace, directory: WorkDirectory, kib: number): Promise<SmallDisk> {
  mkdirSync(directory.file('state'), { mode: 0o700 });
  return SmallDisk.mount(server, directory.file('state'), kib);
}

function start(
  server: Namespace,
  directory: WorkDirectory,
  config: string,
  disk: SmallDisk | undefined,
  prefix: readonly string[],
): Promise<Program> {
  const state = disk === undefined ? [] : ['--state', directory.file('state')];
  return startKnockdBehind([...(disk?.prefix ?? []), ...prefix], server, directory, config, ...state);
}

export async function policyDrop(server: Namespace): Promise<void> {
  const ruleset = `table inet host {
    chain input {
      type filter hook input priority filter; policy drop;
      ct state established,related accept
      iifname "lo" accept
      icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
    }
  }`;
  await server.run('nft', ruleset);
}

export const INNER = '192.168.7.2';

/** A network behind the client, whose packets leave with the client's own address. */
export async function masqueraded(client: Namespace): Promise<Namespace> {
  const lan = await Namespace.create();
  await lan.ip(`link add eth0 type veth peer name lan0 netns ${client.name}`);
  await addAddresses(lan, 'eth0', INNER);
  await addAddresses(client, 'lan0', '192.168.7.1');
  await lan.ip('route add default via 192.168.7.1');
  await client.run('sysctl', '-qw', 'net.ipv4.ip_forward=1');
  await client.run(
    'nft',
    'add table ip nat; add chain ip nat post { type nat hook postrouting priority 100; }',
  );
  await client.run('nft', 'add rule ip nat post oifname "eth0" masquerade');
  return lan;
}
