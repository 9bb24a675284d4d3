import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
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
    // As /etc/valkey on a host that has Redis: it is not there yet.
    const at = join(place.path, 'valkey/engine');
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
    const config = [...paragraph(made.out, 'or valkey.conf'), 'bind 127.0.0.1', `dir ${at}`];
    writeFileSync(join(at, 'engine.conf'), `${config.join('\n')}\n`);
    // As Debian's unit starts it: by its own user, who can read no more than what is printed.
    const [given = ''] = paragraph(made.out, 'to let its user read them');
    const [chown = ''] = given.split(' && systemctl');
    assert.equal(spawnSync('sh', ['-e', '-c', chown], { stdio: 'inherit' }).status, 0);
    chmodSync(place.path, 0o711);
    chmodSync(join(at, 'engine.conf'), 0o644);
    const start = ['-u', 'redis', '--', 'redis-server', join(at, 'engine.conf')];
    await using engine = new Program('runuser', start);
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

  test('whoever joins has the members of the invitation, beside those of an earlier run', () => {
    using one = new Member();
    using other = new Member();
    one.run(['init', 'gw1', '--engine', 'valkeys://gw1@127.0.0.1', '--directory', one.directory.path]);
    assert.match(one.run(['invite', 'gw1']).err, /gw1 is this host/);
    const invitation = one.run(['invite', 'gw2']).out;
    const [own = ''] = one.run(['invite', 'gw3']).out.match(/\S+/) ?? [];
    const words = ['init', 'gw2', '--join', '-', '--directory', other.directory.path];
    const before = other.text('knockd.conf');
    const names = (): readonly string[] => {
      const parsed = parseMembers('', readFileSync(other.directory.file('fleet-members')));
      return parsed.kind === 'ok' ? parsed.members.map(({ name }) => name) : [];
    };
    assert.equal(other.run(words, invitation).status, 0);
    assert.deepEqual(names(), ['gw1']);
    // It joins again, and has lost the line of gw1 in the meantime, whose place is not at the end of a line.
    const [, line = ''] = /^(gw1 .*) doors/m.exec(other.text('fleet-members')) ?? [];
    writeFileSync(other.directory.file('fleet-members'), line.replace('gw1', 'gw9').slice(0, 20));
    writeFileSync(other.config, before);
    assert.match(other.run(words, invitation).err, /do not go together/);
    assert.equal(other.text('knockd.conf'), before, 'nothing has changed');
    writeFileSync(other.directory.file('fleet-members'), '# mine');
    assert.equal(other.run(words, invitation).status, 0);
    assert.deepEqual(names(), ['gw1']);
    assert.match(other.text('fleet-members'), /^# mine\ngw1 /);
    assert.match(other.run(words, own).err, /section \[fleet\] already|is for gw3/);
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
