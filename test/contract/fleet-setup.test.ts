import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { findWideRights } from '../../src/app/fleet/find-wide-rights.ts';
import { openClients } from '../../src/app/fleet/open-clients.ts';
import { parseEngine } from '../../src/core/fleet/engine-address.ts';
import { parseFleetKey } from '../../src/core/fleet/fleet-key.ts';
import { parseMembers } from '../../src/core/fleet/parse-members.ts';
import { freePort } from '../lab/engine.ts';
import { BUSSA } from '../lab/knockd.ts';
import { Program } from '../lab/program.ts';
import { TempDirectory } from '../lab/temp-directory.ts';

const DOOR = '[ssh]\n\tsequence = 7123,4234\n\topen = tcp/22\n\topen_for = 60s\n\tfleet = share, accept\n';

/** One host's files. */
class Member {
  readonly directory = new TempDirectory();
  readonly config: string;

  constructor() {
    // A door that shares is for after `init`.
    this.config = this.directory.file('knockd.conf', `# mine\n${DOOR.replace(/\tfleet.*\n/, '')}`);
  }

  run(
    words: readonly string[],
    input = '',
  ): { readonly status: number | null; readonly out: string; readonly err: string } {
    const [program = '', ...first] = BUSSA;
    const all = [...first, 'fleet', ...words, '-c', this.config, '--state', this.directory.path];
    const { status, stdout, stderr } = spawnSync(program, all, {
      encoding: 'utf8',
      input,
    });
    return { status, out: stdout, err: stderr };
  }

  text(name: string): string {
    return readFileSync(this.directory.file(name), 'utf8');
  }

  [Symbol.dispose](): void {
    this.directory[Symbol.dispose]();
  }
}

/** The lines of a paragraph that begins behind one with these words. */
function paragraph(text: string, title: string): readonly string[] {
  const parts = text.split('\n\n');
  const at = parts.findIndex((part) => part.includes(title));
  assert.ok(at >= 0, `${title} in:\n${text}`);
  return (parts[at + 1] ?? '').split('\n');
}

suite('bussa fleet init, invite and drop', () => {
  test('two hosts and an engine, by nothing but what is printed', async () => {
    using one = new Member();
    using other = new Member();
    using place = new TempDirectory();
    const at = join(place.path, 'engine');
    const port = await freePort();
    const from = ['--directory', one.directory.path, '--engine-directory', at];
    const made = one.run([
      'init',
      'gw1',
      '--fleet',
      'edge',
      '--engine',
      `valkeys://gw1@127.0.0.1:${port}`,
      ...from,
    ]);
    assert.equal(made.status, 0, made.err);
    const invited = one.run(['invite', 'gw2']);
    assert.equal(invited.status, 0, invited.err);
    assert.match(invited.out, /^bussa-fleet1-\S+\n$/);
    const joined = other.run(
      ['init', 'gw2', '--join', '-', '--directory', other.directory.path, '--engine-directory', at],
      invited.out,
    );
    assert.equal(joined.status, 0, joined.err);
    appendFileSync(
      one.directory.file('fleet-members'),
      paragraph(joined.out, 'In the members file').join('\n'),
    );

    // On the host of the engine.
    for (const { out } of [made, joined]) {
      const script = paragraph(out, 'Certificates, made there').join('\n');
      const { status, stderr } = spawnSync('sh', ['-e', '-c', script], { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
    }
    const rules = [made, joined].flatMap(({ out }) => paragraph(out, 'users.acl'));
    writeFileSync(join(at, 'users.acl'), `${rules.join('\n')}\n`);
    const config = [...paragraph(made.out, 'In valkey.conf'), 'bind 127.0.0.1', `dir ${at}`];
    writeFileSync(join(at, 'engine.conf'), `${config.join('\n')}\n`);
    await using engine = new Program('redis-server', [join(at, 'engine.conf')]);
    await engine.saw(/Ready to accept connections/);

    for (const [member, name] of [
      [one, 'gw1'],
      [other, 'gw2'],
    ] as const) {
      const files = member.directory.file('fleet-engine');
      mkdirSync(files, { recursive: true });
      for (const [source, target] of [
        ['ca.pem', 'ca.pem'],
        [`${name}.pem`, 'client.pem'],
        [`${name}.key`, 'client.key'],
      ])
        copyFileSync(join(at, source ?? ''), join(files, target ?? ''));
      const [, url = ''] = /engine = (\S+)/.exec(member.text('knockd.conf')) ?? [];
      const reading = parseEngine(url);
      assert.equal(reading.kind === 'engine' && reading.engine.user, name);
      if (reading.kind !== 'engine') return;
      const clients = await openClients(reading.engine, files, 0);
      assert.deepEqual(await findWideRights(clients.writer), []);
      for (const client of [clients.writer, clients.reader, clients.hearer]) client.reset();
      assert.match(member.text('knockd.conf'), /^# mine\n/);
      const members = parseMembers('', readFileSync(member.directory.file('fleet-members')));
      assert.deepEqual(members.kind === 'ok' && members.members.map((each) => each.name), [
        name === 'gw1' ? 'gw2' : 'gw1',
      ]);
      for (const secret of ['fleet.key', 'fleet-members', 'fleet-engine/password'])
        assert.equal(statSync(member.directory.file(secret)).mode & 0o777, 0o600, secret);
    }
    const keys = [one, other].map((each) => parseFleetKey(each.text('fleet.key')));
    const [first, second] = keys.map((each) => (each.kind === 'key' ? each.key : assert.fail(each.reason)));
    assert.deepEqual(first?.secret, second?.secret);
    assert.notDeepEqual(first?.member, second?.member);
  });

  test('init is run again after a failure, and not over a fleet that is there', () => {
    using one = new Member();
    const words = ['init', 'gw1', '--engine', 'valkeys://gw1@127.0.0.1', '--directory', one.directory.path];
    const before = one.text('knockd.conf');
    assert.equal(one.run(words).status, 0);
    const key = one.text('fleet.key');
    assert.match(one.run(words).err, /section \[fleet\] already/);
    // As if it had ended before its last step.
    writeFileSync(one.config, before);
    assert.equal(one.run(words).status, 0);
    assert.equal(one.text('fleet.key'), key);
    writeFileSync(one.config, before);
    assert.match(one.run([...words, '--fleet', 'other']).err, /key of another fleet/);
    assert.equal(one.text('knockd.conf'), before);
  });

  test('drop removes one member, and nothing else', () => {
    using one = new Member();
    one.run(['init', 'gw1', '--engine', 'valkeys://gw1@127.0.0.1', '--directory', one.directory.path]);
    const others = '# a comment about gw2\ngw22 ssh-ed25519 AAAA doors=*\n';
    const head = one.text('fleet-members');
    writeFileSync(one.directory.file('fleet-members'), `${head}${others} gw2 ssh-ed25519 AAAA bans\n`);
    const dropped = one.run(['drop', 'gw2']);
    assert.equal(dropped.status, 0, dropped.err);
    assert.equal(one.text('fleet-members'), `${head}${others}`);
    const unknown = one.run(['drop', 'gw3']);
    assert.equal(unknown.status, 1);
    assert.match(unknown.err, /no member gw3: there are gw22/);
  });

  test('a mistake has its remedy, and changes nothing', () => {
    using one = new Member();
    const before = one.text('knockd.conf');
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['init', 'gw1'], /--engine URL for a new fleet, or --join/],
      [['init', '-gw1', '--engine', 'valkeys://a'], /./],
      [['init', 'gw 1', '--engine', 'valkeys://a'], /no name of a member/],
      [['init', 'gw1', '--engine', 'valkey://192.0.2.1'], /without TLS/],
      [['init', 'gw1', '--join', '/nonexistent'], /holds no invitation/],
      [['invite', 'gw2'], /no section \[fleet\]/],
      [['drop', 'gw2'], /no section \[fleet\]/],
      [['fly'], /unknown action/],
    ];
    for (const [words, expected] of cases) {
      const { status, err } = one.run(words);
      assert.notEqual(status, 0, words.join(' '));
      assert.match(err, expected);
    }
    assert.equal(one.text('knockd.conf'), before);
  });
});
