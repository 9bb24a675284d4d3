import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Port } from '../../../src/core/net/port.ts';
import { renderCard } from '../../../src/core/signed/server-card.ts';
import { nodeCiphers } from '../../../src/host/crypto/node-ciphers.ts';
import { Scratch } from '../../lab/child-module.ts';
import { BUSSA } from '../../lab/knockd.ts';
import { Program } from '../../lab/program.ts';

const cardOf = (byte: number): string =>
  renderCard(nodeCiphers, { port: 62_202 as Port, key: new Uint8Array(32).fill(byte) });
const CARD = cardOf(7);

type End = { readonly code: number | null; readonly output: string };

/** `bussa host …` with a configuration directory of its own. */
async function host(scratch: Scratch, ...words: readonly string[]): Promise<End> {
  const env = { ...process.env, XDG_CONFIG_HOME: scratch.path };
  await using program = new Program(BUSSA[0] as string, ['host', ...words], env);
  const { code } = await program.exited;
  return { code, output: program.output };
}

const fileOf = (scratch: Scratch): string => join(scratch.path, 'bussa/hosts.conf');
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('bussa host', () => {
  test('add creates file and directory, names them, and says what is next; list and remove', async () => {
    using scratch = new Scratch();
    const added = await host(scratch, 'add', 'box', CARD, '--port', '22', '--door', 'ssh', '--for', '10m');
    assert.equal(added.code, 0, added.output);
    assert.match(added.output, new RegExp(`^box: written to ${fileOf(scratch)}$`, 'm'));
    assert.match(added.output, /^ {8}ProxyCommand bussa connect %n %p$/m);
    assert.equal(
      readFileSync(fileOf(scratch), 'utf8'),
      `Host box\n    Card ${CARD}\n    Port 22\n    Door ssh\n    For 10m\n`,
    );
    assert.equal(modeOf(fileOf(scratch)), '600');
    assert.equal(modeOf(join(scratch.path, 'bussa')), '700');

    assert.match((await host(scratch, 'add', 'box', CARD)).output, /has it already/);
    assert.equal((await host(scratch, 'list')).output, 'box: port 22, by key\n');
    assert.equal((await host(scratch, 'remove', 'box')).code, 0);
    assert.equal(readFileSync(fileOf(scratch), 'utf8'), '');
    assert.equal((await host(scratch, 'remove', 'box')).code, 1);
    assert.deepEqual(readdirSync(join(scratch.path, 'bussa')), ['hosts.conf']);
  });

  test('what is there is kept, through a link as well; a new card takes the place of the old one', async () => {
    using scratch = new Scratch();
    mkdirSync(join(scratch.path, 'bussa'));
    const real = scratch.file('elsewhere.conf');
    const before = `# mine\nHost box\n  Knock 1 2 3\n  Card ${cardOf(9)}\n\n# all\nHost *\n  Port 2222\n`;
    writeFileSync(real, before, { mode: 0o600 });
    symlinkSync(real, fileOf(scratch));
    const { code, output } = await host(scratch, 'add', 'box', CARD);
    assert.equal(code, 0, output);
    const text = readFileSync(real, 'utf8');
    assert.equal(text, `# mine\nHost box\n  Card ${CARD}\n  Knock 1 2 3\n\n# all\nHost *\n  Port 2222\n`);
  });

  test('a card that was copied wrongly, a name that is none, a file with mistakes: nothing is written', async () => {
    using scratch = new Scratch();
    for (const [words, code, complaint] of [
      [['add', 'box', CARD.slice(0, -1)], 2, /this card is damaged: .*`bussa key show`/],
      [['add', 'box', 'ssh-ed25519'], 2, /"ssh-ed25519" is no card: it begins with bussa1-/],
      [['add', 'box', CARD, '--for', '10'], 2, /"10" is not a valid length of time/],
      [['add', 'box', CARD, '--port', '70000'], 2, /bad port/],
      [['add', 'box', CARD, '--identity', 'a"b'], 2, /--identity is empty, or has a quote/],
      [['add', 'b*x', CARD], 2, /'b\*x' is not a host name/],
      [['add', 'alice@box', CARD], 2, /'alice@box' is more than a host name: write box, as ssh calls/],
      [['add', '[2001:db8::1]', CARD], 2, /write 2001:db8::1, as ssh calls/],
      [['add', 'box'], 2, /no CARD was given/],
      [['list', 'box'], 2, /unexpected argument 'box'/],
      [['remove', 'box', '--door', 'ssh'], 2, /--door is for `bussa host add`/],
      [['drop'], 2, /unknown action 'drop'/],
    ] as const) {
      const end = await host(scratch, ...words);
      assert.equal(end.code, code, end.output);
      assert.match(end.output, complaint);
    }
    assert.equal(existsSync(fileOf(scratch)), false);
    mkdirSync(join(scratch.path, 'bussa'));
    for (const [text, mode, code] of [
      ['Host box\n  Knok 1\n', 0o600, 78],
      ['Host box\n', 0o644, 78],
    ] as const) {
      writeFileSync(fileOf(scratch), text);
      chmodSync(fileOf(scratch), mode);
      assert.equal((await host(scratch, 'add', 'box', CARD)).code, code);
      assert.equal(readFileSync(fileOf(scratch), 'utf8'), text);
    }
  });

  test('a setting before the first Host applies to all hosts first, and is reported', async () => {
    using scratch = new Scratch();
    mkdirSync(join(scratch.path, 'bussa'));
    writeFileSync(fileOf(scratch), `Card ${cardOf(9)}\nHost other\n  Port 22\n`, { mode: 0o600 });
    const { output } = await host(scratch, 'add', 'box', CARD);
    assert.match(output, /another Card counts for box, from in front of the first Host/);
  });
});
