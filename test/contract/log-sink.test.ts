import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { describe, test } from 'node:test';
import { openFileSink } from '../../src/host/log/file-sink.ts';
import { LineWriter } from '../../src/host/log/line-writer.ts';
import { inPrivateMounts, moduleOf, Scratch, startModuleOnDisk } from '../lab/child-module.ts';
import { Program } from '../lab/program.ts';

const STAMP = String.raw`\[\d{4}-\d\d-\d\d \d\d:\d\d\]`;

describe('the log file', () => {
  test('each line has its minute in local time before it, and the file is not for everybody', async () => {
    using scratch = new Scratch();
    const path = scratch.file('log');
    await using child = new Program('env', [
      'TZ=Asia/Kathmandu',
      process.execPath,
      '--input-type=module',
      '--eval',
      `import { openFileSink } from '${moduleOf('host/log/file-sink.ts')}';
       process.umask(0);
       const at = Date.parse('2031-02-03T04:05:59.999Z');
       globalThis.Date = class extends Date { constructor() { super(at); } };
       const sink = openFileSink(process.argv[1]);
       sink.write('notice', '1.2.3.4: door: OPEN SESAME');
       sink.close();`,
      path,
    ]);
    assert.equal((await child.exited).code, 0, child.output);
    assert.equal(readFileSync(path, 'utf8'), '[2031-02-03 09:50] 1.2.3.4: door: OPEN SESAME\n');
    assert.equal(statSync(path).mode & 0o777, 0o640);
  });

  test('appends, whatever level a line has', () => {
    using scratch = new Scratch();
    const path = scratch.file('log');
    writeFileSync(path, 'older\n');
    const sink = openFileSink(path);
    for (const level of ['error', 'warning', 'notice', 'debug'] as const) sink.write(level, level);
    sink.close();
    const lines = readFileSync(path, 'utf8').replaceAll(new RegExp(`^${STAMP} `, 'gm'), '');
    assert.equal(lines, 'older\nerror\nwarning\nnotice\ndebug\n');
  });

  test('after a rename it goes on in the old file', () => {
    using scratch = new Scratch();
    const path = scratch.file('log');
    const sink = openFileSink(path);
    sink.write('notice', 'one');
    renameSync(path, `${path}.1`);
    sink.write('notice', 'two');
    sink.close();
    assert.match(readFileSync(`${path}.1`, 'utf8'), new RegExp(`^${STAMP} one\n${STAMP} two\n$`));
    assert.throws(() => openFileSink(scratch.file('no/such/log')), /ENOENT/);
  });

  test('as JSON: a line is one value, with its fields, and the time to the millisecond', () => {
    using scratch = new Scratch();
    const path = scratch.file('log');
    const sink = openFileSink(path, 'json');
    sink.write('notice', '192.0.2.1: ssh: OPEN SESAME', () => ({
      event: 'completed',
      source: '192.0.2.1',
      door: 'ssh',
    }));
    sink.write('warning', 'no fields');
    sink.close();
    const lines = readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    for (const { time } of lines) assert.equal(new Date(time).toISOString(), time);
    assert.deepEqual(
      lines.map(({ time: _, ...rest }) => rest),
      [
        {
          level: 'notice',
          event: 'completed',
          source: '192.0.2.1',
          door: 'ssh',
          message: '192.0.2.1: ssh: OPEN SESAME',
        },
        { level: 'warning', event: 'log', message: 'no fields' },
      ],
    );
  });

  test('nothing is written after the close, to whatever file has the number by then', () => {
    using scratch = new Scratch();
    const sink = openFileSink(scratch.file('log'));
    sink.close();
    const other = openFileSink(scratch.file('other'));
    sink.write('notice', 'late');
    sink.close();
    other.write('notice', 'its own');
    other.close();
    assert.match(readFileSync(scratch.file('other'), 'utf8'), /^[^\n]* its own\n$/);
  });

  test('a full disk: nothing throws, no line is torn for good, and the loss is said', async () => {
    using scratch = new Scratch();
    await using child = startModuleOnDisk(
      { size: '64k', mountPoint: scratch.path },
      `import { openFileSink } from '${moduleOf('host/log/file-sink.ts')}';
       import { readFileSync, rmSync, writeFileSync } from 'node:fs';
       const [, disk] = process.argv;
       const sink = openFileSink(disk + '/log');
       sink.write('notice', 'x'.repeat(3000));
       try { writeFileSync(disk + '/fill', Buffer.alloc(1e6)); } catch {}
       for (const n of [1, 2, 3]) sink.write('notice', 'lost ' + n + ' ' + 'y'.repeat(2000));
       rmSync(disk + '/fill');
       sink.write('notice', 'room again');
       sink.write('notice', 'and on');
       sink.close();
       console.log(readFileSync(disk + '/log', 'utf8'));`,
      scratch.path,
    );
    assert.equal((await child.exited).code, 0, child.output);
    const [whole, torn, ...rest] = child.output.trimEnd().split('\n');
    assert.match(whole ?? '', new RegExp(`^${STAMP} x{3000}$`));
    assert.match(torn ?? '', new RegExp(`^${STAMP} lost 1 y+$`), 'what of the first lost line found room');
    assert.deepEqual(
      rest.map((line) => line.slice(19)),
      ['3 lines before this one could not be written', 'room again', 'and on'],
    );
  });
});

describe('the terminal', () => {
  const SINK = `import { openTerminalSink } from '${moduleOf('host/log/terminal-sink.ts')}';`;
  const LEVELS = `for (const level of ['error', 'warning', 'notice', 'debug']) sink.write(level, level);`;

  for (const verbose of [false, true]) {
    test(`verbose ${verbose}: what goes where`, async () => {
      using scratch = new Scratch();
      const [out, err] = [scratch.file('out'), scratch.file('err')];
      await using child = new Program('sh', [
        '-c',
        'exec "$@" > "$0" 2> "$0.err"',
        out,
        process.execPath,
        '--input-type=module',
        '--eval',
        `${SINK} const sink = openTerminalSink(${verbose}); ${LEVELS}`,
      ]);
      assert.equal((await child.exited).code, 0, child.output);
      assert.equal(readFileSync(out, 'utf8'), verbose ? 'notice\ndebug\n' : 'debug\n');
      assert.equal(readFileSync(`${out}.err`, 'utf8'), 'error\nwarning\n', err);
    });
  }

  test('a reader that has left, a full disk, a closed output: the daemon lives on', async () => {
    using scratch = new Scratch();
    const out = scratch.file('out');
    const text = `${SINK} import { writeFileSync } from 'node:fs';
      const sink = openTerminalSink(true); for (let i = 0; i < 3; i++) { ${LEVELS} }
      writeFileSync(process.argv[1], 'alive');`;
    const endings = ['| true', '> /dev/full 2>&1', '>&- 2>&-', '| (exec <&-; sleep 0.2)'];
    for (const [n, ending] of endings.entries()) {
      await using shell = new Program('bash', [
        '-c',
        `exec 3>&1; ( "$0" --input-type=module --eval "$1" "$2" ) 2>&1 ${ending}; :`,
        process.execPath,
        text,
        `${out}${n}`,
      ]);
      await shell.exited;
      assert.equal(readFileSync(`${out}${n}`, 'utf8'), 'alive', ending);
    }
  });

  test('a reader that does not keep up: what is left out is said, and no line is torn for good', () => {
    using scratch = new Scratch();
    execFileSync('mkfifo', [scratch.file('pipe')]);
    const { O_RDWR, O_NONBLOCK } = constants;
    const fd = openSync(scratch.file('pipe'), O_RDWR | O_NONBLOCK);
    const writer = new LineWriter();
    const write = (text: string): void => writer.write(fd, (line) => `${line}\n`, text);
    const bytes = Buffer.alloc(1 << 20);
    // The pipe holds 65,536 bytes; a line of more than 4,096 may get in by a part.
    for (let n = 0; n < 12; n++) write(`line ${n} ${'x'.repeat(7000)}`);
    const first = bytes.toString('utf8', 0, readSync(fd, bytes));
    write('room again');
    write('and on');
    const second = bytes.toString('utf8', 0, readSync(fd, bytes));
    closeSync(fd);
    const lines = (first + second).split('\n');
    const whole = lines.filter((line) => /^line \d+ x{7000}$/.test(line)).length;
    assert.ok(whole > 4 && whole < 12, `${whole} whole lines`);
    assert.deepEqual(lines.slice(-4), [
      `${12 - whole} lines before this one could not be written`,
      'room again',
      'and on',
      '',
    ]);
  });
});

describe('syslog', () => {
  test('lines arrive at /dev/log as from knockd, their text untouched, with their priority', async () => {
    using scratch = new Scratch();
    await using program = inPrivateMounts(
      // A /dev of its own with nothing but the socket, and its reader.
      `mkdir "$0/dev" && cp -a /dev/null /dev/urandom "$0/dev" && mount --bind "$0/dev" /dev &&
       { "$1" --input-type=module --eval "$2" & } &&
       while [ ! -S /dev/log ]; do sleep 0.02; done; "$1" --input-type=module --eval "$3"; wait`,
      scratch.path,
      process.execPath,
      // Node.js has no datagram sockets of this family: the perl of every Debian has.
      `import { execFileSync } from 'node:child_process';
       process.stdout.write(execFileSync('perl', ['-e', \`
         use Socket; socket(S, AF_UNIX, SOCK_DGRAM, 0) or die; bind(S, pack_sockaddr_un("/dev/log")) or die;
         for (1..4) { recv(S, $m, 4096, 0); print "$m\\n"; }\`]));`,
      `import { SyslogSink } from '${moduleOf('host/log/syslog-sink.ts')}';
       const sink = new SyslogSink();
       sink.write('error', '100% %s %n wrong');
       sink.write('warning', 'ü');
       sink.write('notice', '1.2.3.4: door: Stage 1');
       sink.close();
       sink.write('debug', 'x'.repeat(900));`,
    );
    await program.exited;
    const [error, warning, notice, debug] = program.output.split('\n');
    // RFC 3164: the facility daemon (3) times 8 and the severity.
    const head = (severity: number): string =>
      String.raw`^<${3 * 8 + severity}>\w{3} [ \d]\d \d\d:\d\d:\d\d knockd: `;
    assert.match(error ?? '', new RegExp(`${head(3)}100% %s %n wrong$`), program.output);
    assert.match(warning ?? '', new RegExp(`${head(4)}ü$`));
    assert.match(notice ?? '', new RegExp(`${head(5)}1\\.2\\.3\\.4: door: Stage 1$`));
    assert.match(debug ?? '', new RegExp(`${head(7)}x{900}$`));
  });
});
