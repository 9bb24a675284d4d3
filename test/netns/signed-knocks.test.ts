/**
 * Signed knocks at the whole daemon, made by a real ssh-agent.
 *
 *     client                          server
 *     eth0 10.7.0.2  fd07::2    ────  eth0 10.7.0.1  fd07::1
 *          10.7.0.3 (the stranger)    knockd, a firewall or none, an echo service on 22
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Asked, KnockSigner, readReply, SIGNED_PORT } from '../lab/knock-signer.ts';
import { fence, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import type { Namespace } from '../lab/namespace.ts';
import { PayloadSender } from '../lab/payload-sender.ts';
import type { Program } from '../lab/program.ts';
import { assertOpen, assertShut, startService } from '../lab/service.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6, STRANGER, Wire } from '../lab/wire.ts';
import { shutFirewall } from './firewall.ts';

const DOOR = `[ssh]
  accept   = key
  open     = tcp/22
  open_for = 30
`;

/** A client and a server with a daemon that takes knocks which the signer's keys have signed. */
class Stage implements AsyncDisposable {
  readonly signer: KnockSigner;
  readonly wire: Wire;
  readonly sender: PayloadSender;
  readonly directory: WorkDirectory;
  readonly #stack: AsyncDisposableStack;
  knockd: Program;

  private constructor(
    signer: KnockSigner,
    wire: Wire,
    sender: PayloadSender,
    knockd: Program,
    stack: AsyncDisposableStack,
    directory: WorkDirectory,
  ) {
    this.signer = signer;
    this.wire = wire;
    this.sender = sender;
    this.knockd = knockd;
    this.#stack = stack;
    this.directory = directory;
  }

  static async create(
    config = DOOR,
    arrange: (server: Namespace) => Promise<void> = async () => undefined,
    keys?: Parameters<typeof KnockSigner.create>[0],
  ): Promise<Stage> {
    await using stack = new AsyncDisposableStack();
    const wire = stack.use(await Wire.create());
    const signer = stack.use(await KnockSigner.create(keys));
    const directory = stack.use(new WorkDirectory());
    await arrange(wire.server);
    stack.use(await startService(wire.server, 22));
    const sender = stack.use(await PayloadSender.start(wire.client));
    const knockd = await startKnockd(wire.server, directory, signer.options + config);
    return new Stage(signer, wire, sender, knockd, stack.move(), directory);
  }

  /** Signs, sends, and reads the reply. */
  async knock(asked: Asked = {}, source = CLIENT, to = SERVER): Promise<ReturnType<typeof readReply>> {
    const signed = await this.signer.sign(asked);
    await this.sender.send(source, to, SIGNED_PORT, signed.packet);
    const reply = await this.sender.reply();
    assert.deepEqual([reply.from, reply.port], [to, SIGNED_PORT]);
    return readReply(signed, reply.payload);
  }

  /** Everything that was sent before has been judged. */
  fence(): Promise<void> {
    return fence(this.knockd, this.wire.client, SERVER);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.knockd[Symbol.asyncDispose]();
    await this.#stack.disposeAsync();
  }
}

async function policyDrop(server: Namespace): Promise<void> {
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

const SITUATIONS = [
  ['no firewall at all', async () => undefined],
  ['an nftables ruleset with policy drop', policyDrop],
  ['iptables with policy DROP', shutFirewall],
] as const;

describe('signed knocks', { concurrency: 2 }, () => {
  for (const [name, arrange] of SITUATIONS) {
    test(`${name}: one packet opens for its source, IPv4 and IPv6, and the sealed reply says so`, async () => {
      await using stage = await Stage.create(DOOR, arrange);
      const { client } = stage.wire;
      await assertShut(client, SERVER, 22, CLIENT);
      const reply = await stage.knock({ source: CLIENT });
      assert.deepEqual([reply?.status, reply?.seen], ['open', CLIENT]);
      assert.ok(reply !== undefined && reply.left > 20_000 && reply.left <= 30_000, `${reply?.left}`);
      await assertOpen(client, SERVER, 22, CLIENT);
      await assertShut(client, SERVER, 22, STRANGER);
      const reply6 = await stage.knock({ source: CLIENT6 }, CLIENT6, SERVER6);
      assert.deepEqual([reply6?.status, reply6?.seen], ['open', CLIENT6]);
      await assertOpen(client, SERVER6, 22, CLIENT6);
      const sockets = await stage.wire.server.run('ss', '-Hlnu');
      assert.doesNotMatch(sockets, new RegExp(`:${SIGNED_PORT}\\b`), 'no UDP port is opened');
    });
  }
});
