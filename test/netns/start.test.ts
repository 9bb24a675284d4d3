// scripts/start.sh, which is npm start: the daemon, watched from where a newcomer sits.
//
//   one namespace, loopback only; /etc is a layer of its own, with or without a knockd.conf

import assert from 'node:assert/strict';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { suite, test } from 'node:test';
import { chooseSequence, renderExample, usedPorts } from '../../scripts/example-door.ts';
import { C_KNOCK, WorkDirectory } from '../lab/knockd.ts';
import { Namespace } from '../lab/namespace.ts';
import type { Program } from '../lab/program.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const NOBODY = 65_534;
const AS_NOBODY = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
/** Where an ordinary user sees the clone, which may really lie where nobody else can look. */
const SEEN_AT = '/mnt';
const LISTENING = /listening on/;
const RELOADED = /^re-reading config file: /m;

/** Runs start.sh with `/etc` as it would be with this knockd.conf, or none; home and state are the test's. */
function start(
  namespace: Namespace,
  work: WorkDirectory,
  {
    conf,
    args = [],
    as = [],
  }: { readonly conf?: string; readonly args?: readonly string[]; readonly as?: readonly string[] },
): Program {
  const etc = work.file('etc');
  mkdirSync(etc);
  if (conf !== undefined) writeFileSync(work.file('etc.conf'), conf, { mode: 0o640 });
  const root = as.length > 0 ? SEEN_AT : ROOT;
  if (as.length > 0) chownSync(work.path, NOBODY, NOBODY);
  // A layer over the machine's own.
  const script = `mount -t tmpfs tmpfs "$0" && mkdir "$0/upper" "$0/work" &&
mount -t overlay -o "lowerdir=/etc,upperdir=$0/upper,workdir=$0/work" overlay /etc && rm -f /etc/knockd.conf &&
{ [ ! -f "$0.conf" ] || cp -p "$0.conf" /etc/knockd.conf; } &&
mount --bind "$1" "$2" && cd / && export HOME="$3" XDG_STATE_HOME="$3" && shift 3 && exec "$@"`;
  const words = [etc, ROOT, root, work.path, ...as, 'sh', `${root}/scripts/start.sh`, ...args];
  return namespace.start('unshare', '--mount', 'sh', '-c', script, ...words);
}

suite('npm start', () => {
  test('without a configuration: an example, which the line on the screen opens; Ctrl-C ends it in order', async () => {
    await using namespace = await Namespace.create();
    using work = new WorkDirectory();
    const program = start(namespace, work, {});
    await program.saw(LISTENING);
    const [, line] = await program.saw(/^ {4}(\/.*bin\/knock 127\.0\.0\.1(?: \d+){4})$/m);
    await namespace.run('sh', '-c', line ?? '');
    await program.saw(/^example: running command: \/bin\/echo "hello 127\.0\.0\.1/m);
    program.signal('SIGHUP');
    await program.saw(RELOADED);
    assert.deepEqual(await program.stop('SIGINT'), { code: 0, signal: null });
  });

  test('with /etc/knockd.conf: that', async () => {
    await using namespace = await Namespace.create();
    using work = new WorkDirectory();
    const conf = '[mine]\n\tsequence = 7000:udp\n\tcommand = /bin/true\n';
    const program = start(namespace, work, { conf, args: ['--state', work.path] });
    await program.saw(LISTENING);
    await namespace.run(C_KNOCK, '-u', '127.0.0.1', '7000');
    await program.saw(/127\.0\.0\.1: mine: OPEN SESAME/);
    assert.doesNotMatch(program.output, /example/);
    assert.deepEqual(await program.stop('SIGTERM'), { code: 0, signal: null });
  });

  for (const before of [['-c'], ['-vc'], ['-i', 'lo', '-Dc'], ['-i', 'lo', '--config'], ['--conf']]) {
    test(`with ${before.join(' ')} FILE: that file, and what is wrong in it`, async () => {
      await using namespace = await Namespace.create();
      using work = new WorkDirectory();
      const file = work.file('my own.conf', '[mine]\n\tsequence = 7000,abc\n');
      const program = start(namespace, work, { args: [...before, file] });
      assert.equal((await program.exited).code, 78);
      assert.match(program.output, /my own\.conf:2:\d+: /);
      assert.doesNotMatch(program.output, /example/);
    });
  }

  const offline = [
    [['--version'], 0],
    [['--check'], 78],
    [['--read', '/dev/null'], 78],
  ] as const;
  for (const [args, status] of offline) {
    test(`${args.join(' ')} needs no network and so no capability`, async () => {
      await using namespace = await Namespace.create();
      using work = new WorkDirectory();
      const conf = '[mine]\n\tsequence = 7000,abc\n\tcommand = /bin/true\n';
      const program = start(namespace, work, { conf, args, as: AS_NOBODY });
      assert.equal((await program.exited).code, status, program.output);
      assert.doesNotMatch(program.output, /CAP_NET_RAW/);
    });
  }

  test('as an ordinary user: says which capability is missing and how to grant it', async () => {
    await using namespace = await Namespace.create();
    using work = new WorkDirectory();
    const program = start(namespace, work, { as: AS_NOBODY });
    assert.equal((await program.exited).code, 77);
    await program.saw(
      /sudo setcap cap_net_raw,cap_net_admin\+ep '\/mnt\/node_modules\/node-linux-\w+\/bin\/node'/,
    );
    assert.match(program.output, /sudo .*scripts\/start\.sh/);
  });

  test('as an ordinary user with the capability: just runs', async () => {
    await using namespace = await Namespace.create();
    using work = new WorkDirectory();
    const capable = [...AS_NOBODY, '--inh-caps=+net_raw', '--ambient-caps=+net_raw'];
    const program = start(namespace, work, { as: capable });
    await program.saw(LISTENING);
    assert.deepEqual(await program.stop('SIGINT'), { code: 0, signal: null });
  });

  test('the example does not go to the background', async () => {
    await using namespace = await Namespace.create();
    using work = new WorkDirectory();
    const program = start(namespace, work, { args: ['-vd'] });
    assert.equal((await program.exited).code, 78);
    assert.match(program.output, /give a file with -c, or leave out -d/);
  });
});

suite('example door', () => {
  test('takes no port twice, none in use, and no ascending order', () => {
    const draws = [3, 1, 1, 4, 5, 9, 2].map((port) => port + 10_000);
    assert.deepEqual(
      chooseSequence(new Set([10_003, 10_005]), () => draws.shift() ?? Number.NaN),
      [10_001, 10_004, 10_009, 10_002],
    );
    const ascending = [1, 2, 3, 4];
    assert.deepEqual(
      chooseSequence(new Set(), () => ascending.shift() ?? Number.NaN),
      [4, 3, 2, 1],
    );
    assert.match(renderExample([4, 3, 2, 1]), /^\tsequence {4}= 4,3,2,1$/m);
  });

  test('reads the ports in use from the kernel’s tables', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0',
      ' 107: 00000000000000000000000001000000:0277 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 2 1 0 100',
      '',
    ].join('\n');
    assert.deepEqual(usedPorts(table), [8080, 631]);
    assert.deepEqual(usedPorts(''), []);
  });
});
