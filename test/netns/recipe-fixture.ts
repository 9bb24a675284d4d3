import assert from 'node:assert/strict';
import { HostCopy } from '../lab/host-copy.ts';
import { type PrintedBlock, readPrinted } from '../lab/printed-commands.ts';
import type { Program } from '../lab/program.ts';
import { assertOpen, assertShut, startService } from '../lab/service.ts';
import { CLIENT, SERVER, STRANGER, Wire } from '../lab/wire.ts';

export const RECIPES = readPrinted('docs/recipes.md');
const NAME = 'server.example.org';
const AT_HOME = 'set -e; cd; export HOME=/root;';

/** A server and a client, each a copy of this machine that may be changed, and the blocks of one recipe, run in their order. */
export class RecipeFixture implements AsyncDisposable {
  readonly wire: Wire;
  readonly server: HostCopy;
  readonly client: HostCopy;
  /** All that the commands on the server have printed. */
  said = '';
  readonly #blocks: PrintedBlock[];
  readonly #started: AsyncDisposable[] = [];

  private constructor(wire: Wire, server: HostCopy, client: HostCopy, recipe: string) {
    [this.wire, this.server, this.client] = [wire, server, client];
    this.#blocks = [...(RECIPES.get(recipe) ?? assert.fail(`there is no recipe ${recipe}`))];
  }

  static async create(recipe: string, port: number | 'none' = 22): Promise<RecipeFixture> {
    const wire = await Wire.create();
    const server = await HostCopy.create(wire.server, ['/root']);
    const client = await HostCopy.create(wire.client, ['/root']);
    const stage = new RecipeFixture(wire, server, client, recipe);
    for (const host of [server, client]) {
      await host.run(`rm -rf /root/.config /root/.ssh; echo '${SERVER} ${NAME}' >>/etc/hosts`);
    }
    if (port !== 'none') stage.keep(await startService(wire.server, port));
    return stage;
  }

  keep<Thing extends AsyncDisposable>(thing: Thing): Thing {
    this.#started.push(thing);
    return thing;
  }

  /** The text of the next block, of a kind that the test itself knows what to do with. */
  take(...words: readonly string[]): string {
    const block = this.#blocks.shift();
    assert.deepEqual(block?.words, words);
    return block?.text ?? '';
  }

  /** Runs the next blocks as they are printed, each where it says. */
  async run(count = 1): Promise<string> {
    let said = '';
    for (let done = 0; done < count; done++) said += await this.#run(this.#blocks.shift());
    return said;
  }

  async #run(block: PrintedBlock | undefined): Promise<string> {
    assert.ok(block !== undefined, 'the recipe has no block left');
    const [shell, place, running] = block.words;
    assert.deepEqual([shell, running], ['sh', undefined], block.text);
    const said = await this.#host(place).run(`${AT_HOME} ${block.text}`);
    if (place === 'server') this.said += said;
    return said;
  }

  /** Starts the next block, which is to go on running. */
  start(block = this.#blocks.shift()): Program {
    assert.deepEqual(block?.words, ['sh', 'server', 'running']);
    return this.keep(this.server.start(`${AT_HOME} ${block?.text}`));
  }

  #host(place = ''): HostCopy {
    assert.ok(place === 'server' || place === 'client', place);
    return place === 'server' ? this.server : this.client;
  }

  /** The profile that `bussa init` has printed, where the page says that it goes. */
  async writeProfile(from = this.said): Promise<void> {
    const printed = [...from.matchAll(/^ {4}Host .*\n(?: {8}.*\n)+/gm)].map(([text]) => text);
    const profile = printed.filter((text) => /^ +Knock /m.test(text)).at(-1);
    assert.ok(profile !== undefined, from);
    await this.client.write('/root/.config/bussa/hosts.conf', profile.replaceAll(/^ {4}/gm, ''));
  }

  /** The section *Try it* to its end, and what it promises. Returns the daemon. */
  async tryIt(port = 22, knock?: () => Promise<unknown>): Promise<Program> {
    const [up, client, confirm] = RECIPES.get('Try it') ?? [];
    const daemon = this.start(up);
    await daemon.saw(/listening on .*\.\.\.\n/);
    for (const from of [CLIENT, STRANGER]) await assertShut(this.wire.client, SERVER, port, from);
    await (knock === undefined ? this.#run(client) : knock());
    await this.assertOpenToClient(port);
    assert.match(await this.#run(confirm), /^Confirmed: /);
    return daemon;
  }

  /** As Ctrl-C does where somebody has typed the command. */
  async stop(daemon: Program): Promise<void> {
    const { pid } = JSON.parse(await this.server.run('bussa status --json')) as { readonly pid: number };
    process.kill(pid, 'SIGINT');
    await daemon.saw(/^closing\.\.\.$/m);
    await daemon.exited;
  }

  async assertOpenToClient(port = 22): Promise<void> {
    await assertOpen(this.wire.client, SERVER, port, CLIENT);
    await assertShut(this.wire.client, SERVER, port, STRANGER);
  }

  assertAllRun(): void {
    assert.deepEqual(this.#blocks, [], 'each block of the recipe has been run');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const thing of this.#started.reverse()) await thing[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
    await this.client[Symbol.asyncDispose]();
    await this.wire[Symbol.asyncDispose]();
  }
}
