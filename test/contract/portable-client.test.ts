// The client half where Linux is not: native code and Linux's programs end the process, /proc does not exist, and the
// platform's name is another one's. Real macOS and Windows are not tried.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { agentPathOf } from '../../src/app/client/agent-path.ts';
import { expandPath } from '../../src/app/client/expand-path.ts';
import { explainErrno } from '../../src/app/client/explain-errno.ts';
import { readPrivateFile } from '../../src/app/client/private-file.ts';
import { VERBS } from '../../src/cli/bussa/bussa-options.ts';
import { hostsFile } from '../../src/cli/daemon-verbs/profile-options.ts';
import { servicesFileOf } from '../../src/host/network/service-ports.ts';
import { repository } from '../lab/scratch-clone.ts';

const home = mkdtempSync(path.join(tmpdir(), 'bussa-portable-'));
after(() => rmSync(home, { recursive: true }));

const { NODE_COMPILE_CACHE } = process.env;
const PRELOAD = path.join(repository, 'test/lab/no-linux.mjs');
const PLATFORMS = ['win32', 'darwin', 'linux'] as const;
const BEYOND = ['win32', 'darwin'] as const;

const environment = (platform: string): NodeJS.ProcessEnv => ({
  ...{ PATH: process.env.PATH, HOME: home, APPDATA: home },
  ...{ FOREIGN_PLATFORM: platform, ALLOWED_PROGRAMS: 'ping,ping6' },
  // Without what has been compiled before, each of the hundred starts takes three times as long.
  ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }),
});

const commandOf = (program: string, args: readonly string[]): string[] => [
  ...['--disable-warning=ExperimentalWarning', '--import', PRELOAD],
  ...[path.join(repository, `src/cli/${program}/${program}.ts`), ...args],
];

/** Asynchronously: servers of this process are to answer. */
async function run(platform: string, program: string, args: readonly string[], input = '') {
  const child = spawn(process.execPath, commandOf(program, args), { env: environment(platform) });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (some) => {
    stdout += some;
  });
  child.stderr.on('data', (some) => {
    stderr += some;
  });
  child.stdin.end(input);
  const [status] = (await once(child, 'close')) as [number];
  assert.doesNotMatch(stderr, /no-linux:|this is a bug/);
  return { status, stdout, stderr };
}

/** What arrives by TCP and by UDP, and the ports to knock at. */
async function listen() {
  const tcp = createServer((socket) => {
    arrived.push('tcp');
    socket.on('error', () => undefined);
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  const udp = createSocket('udp4').bind(0, '127.0.0.1');
  const arrived: string[] = [];
  udp.on('message', (bytes) => arrived.push(`udp ${[...bytes]}`));
  await Promise.all([once(tcp, 'listening'), once(udp, 'listening')]);
  const ports = { tcp: (tcp.address() as AddressInfo).port, udp: udp.address().port };
  return { arrived, ports, udp, close: () => [tcp.close(), udp.close()] };
}

for (const platform of PLATFORMS) {
  suite(`without native code, as on ${platform}`, () => {
    test('knock sends by TCP and UDP', async () => {
      const { arrived, ports, udp, close } = await listen();
      const knocks = [`${ports.udp}:udp`, `${ports.tcp}`, `${ports.udp}:udp`];
      const { status, stderr } = await run(platform, 'knock', ['-d', '50', '127.0.0.1', ...knocks]);
      assert.equal(stderr, '');
      assert.equal(status, 0);
      while (arrived.filter((word) => word === 'udp 0').length < 2) await once(udp, 'message');
      close();
    });

    test('knock: an unsent packet is reported, and --interface is refused in one line', async () => {
      const lost = await run(platform, 'knock', ['255.255.255.255', '7000']);
      assert.equal(lost.status, 1);
      assert.match(lost.stderr, /^knock: connect on tcp 255\.255\.255\.255:7000: E[A-Z]+ \(.*\)\n$/);
      const refused = await run(platform, 'knock', ['--interface', 'lo', '127.0.0.1', '7000']);
      assert.equal(refused.status, 1);
      assert.match(refused.stderr, /^knock: --interface needs Linux.*\n$/);
    });

    test('bussa host, knock, connect and doctor --from-client', async () => {
      const { ports, close } = await listen();
      const file = path.join(home, `${platform}.conf`);
      const text = `Host box\n  HostName 127.0.0.1\n  Port ${ports.tcp}\n  Knock ${ports.udp}:udp 1\n`;
      writeFileSync(file, text.replaceAll('\n', platform === 'win32' ? '\r\n' : '\n'), { mode: 0o600 });
      const knocked = await run(platform, 'bussa', ['knock', '-F', file, 'box']);
      assert.deepEqual([knocked.status, knocked.stderr], [0, '']);
      assert.match(knocked.stdout, /is open/);
      const piped = await run(platform, 'bussa', ['connect', '-F', file, 'box'], 'through the pipe');
      assert.deepEqual([piped.status, piped.stdout, piped.stderr], [0, 'through the pipe', '']);
      const found = await run(platform, 'bussa', ['doctor', '-F', file, '--from-client', 'box']);
      assert.match(found.stdout, /^warning not-hidden/m);
      const listed = await run(platform, 'bussa', ['host', '-F', file, 'list']);
      assert.match(listed.stdout, /box/);
      const removed = await run(platform, 'bussa', ['host', '-F', file, 'remove', 'box']);
      assert.deepEqual([removed.status, removed.stderr], [0, '']);
      assert.doesNotMatch(readFileSync(file, 'utf8'), /Host box/);
      close();
    });

    test('a file of profiles that others can read is refused by its mode bits, but on Windows', async () => {
      const file = path.join(home, `open-${platform}.conf`);
      writeFileSync(file, 'Host b\n');
      chmodSync(file, 0o640);
      const { stderr } = await run(platform, 'bussa', ['host', '-F', file, 'list']);
      assert.equal(/chmod 600/.test(stderr), platform !== 'win32', stderr);
    });

    test('the library knocks', async () => {
      const { ports, close } = await listen();
      const script = `import { knock } from ${JSON.stringify(path.join(repository, 'src/app/library.ts'))};
        console.log(await knock({ host: '127.0.0.1', knocks: ['${ports.udp}:udp'] }));`;
      const args = ['--import', PRELOAD, '--input-type=module', '-e', script];
      const { stdout, stderr } = spawnSync(process.execPath, args, {
        encoding: 'utf8',
        env: environment(platform),
      });
      assert.match(stdout, /sent: true/, stderr);
      close();
    });
  });
}

for (const platform of BEYOND) {
  test(`${platform}: what needs Linux says so in one line`, async () => {
    const portable = new Set(['knock', 'connect', 'host', 'completion']);
    for (const { name, operands } of VERBS.filter((verb) => !portable.has(verb.name))) {
      const words = operands.filter(({ optional }) => optional !== true).map(() => 'add');
      const { status, stderr } = await run(platform, 'bussa', [name, ...words]);
      assert.match(stderr, new RegExp(`^bussa: bussa ${name} needs Linux.*\n$`));
      assert.equal(status, 1);
    }
    const { status, stderr } = await run(platform, 'knockd', []);
    assert.match(stderr, /^knockd: .*needs Linux.*\n$/);
    assert.equal(status, 1);
  });
}

suite('paths and words of each platform', () => {
  const profile = { hostName: 'h', name: 'n' };

  test('hosts.conf', () => {
    const none = new Map<string, string>();
    const windows = { APPDATA: 'C:\\Users\\me\\AppData\\Roaming', HOME: '/home/me', XDG_CONFIG_HOME: '/xdg' };
    assert.equal(hostsFile(none, windows, 'win32'), 'C:\\Users\\me\\AppData\\Roaming\\bussa\\hosts.conf');
    const bare = { USERPROFILE: 'C:\\Users\\me' };
    assert.equal(hostsFile(none, bare, 'win32'), 'C:\\Users\\me\\AppData\\Roaming\\bussa\\hosts.conf');
    for (const unix of ['darwin', 'linux'] as const) {
      assert.equal(hostsFile(none, { HOME: '/h' }, unix), '/h/.config/bussa/hosts.conf');
      assert.equal(hostsFile(none, { HOME: '/h', XDG_CONFIG_HOME: '/x' }, unix), '/x/bussa/hosts.conf');
    }
  });

  test('the SSH agent', () => {
    const pipe = '\\\\.\\pipe\\openssh-ssh-agent';
    assert.equal(agentPathOf(profile, {}, 'win32'), pipe);
    assert.equal(agentPathOf(profile, {}, 'darwin'), undefined);
    for (const platform of PLATFORMS) {
      assert.equal(agentPathOf(profile, { SSH_AUTH_SOCK: '/s' }, platform), '/s');
      assert.equal(agentPathOf({ ...profile, identityAgent: 'none' }, {}, platform), undefined);
      assert.equal(agentPathOf({ ...profile, identityAgent: pipe }, {}, platform), pipe);
    }
  });

  test('the home, the services, the commands of remedies', () => {
    assert.doesNotMatch(expandPath('~\\key', profile, 'win32'), /^~/);
    assert.equal(expandPath('~\\key', profile, 'linux'), '~\\key');
    assert.equal(servicesFileOf('win32', 'D:\\Win'), 'D:\\Win\\System32\\drivers\\etc\\services');
    assert.equal(servicesFileOf('darwin', undefined), '/etc/services');
    assert.match(explainErrno('x', 'ENETUNREACH', 101, 'win32'), /route print/);
    assert.match(explainErrno('x', 'ENETUNREACH', 101, 'darwin'), /netstat -rn/);
    assert.match(explainErrno('x', 'ENETUNREACH', 101, 'linux'), /ip route/);
  });

  test('modes of files: none on Windows', async () => {
    const file = path.join(home, 'secret');
    writeFileSync(file, 'x');
    chmodSync(file, 0o666);
    const kinds = await Promise.all(
      PLATFORMS.map(async (one) => (await readPrivateFile(file, 'a file', one)).kind),
    );
    assert.deepEqual(kinds, ['read', 'bad', 'bad']);
  });
});

suite('the programs of the npm package', () => {
  const { bin, os } = JSON.parse(readFileSync(path.join(repository, 'package.json'), 'utf8')) as {
    bin: Record<string, string>;
    os?: unknown;
  };

  test('are installed on every system, and begin in JavaScript', () => {
    assert.equal(os, undefined);
    for (const [name, file] of Object.entries(bin)) {
      const first = readFileSync(path.join(repository, file), 'latin1').split('\n')[0] ?? '';
      // cmd-shim's own expression, which finds the interpreter for the .cmd file.
      const found = /^#!\s*(?:\/usr\/bin\/env\s+(?:-S\s+)?((?:[^ \t=]+=[^ \t=]+\s+)*))?([^ \t]+)(.*)$/.exec(
        first,
      );
      assert.equal(found?.[2], 'node', name);
    }
  });

  for (const [name, file] of Object.entries(bin)) {
    test(`${name}: become the launcher here, whatever the environment has Node.js load`, () => {
      const evil = path.join(home, 'evil.cjs');
      writeFileSync(evil, 'process.stdout.write("evil")');
      const node = path.dirname(process.execPath);
      const env = { PATH: `${node}:${process.env.PATH}`, HOME: home, NODE_OPTIONS: `--require=${evil}` };
      const { status, stdout, stderr } = spawnSync(path.join(repository, file), ['--version'], {
        encoding: 'utf8',
        env,
      });
      assert.deepEqual([status, stderr], [0, '']);
      assert.match(stdout, new RegExp(`^${name} [0-9.]+`));
    });

    test(`${name}: an older Node.js is told in one line`, () => {
      const script = `Object.defineProperty(process, 'versions', { value: { node: '18.20.4' } });
        require(${JSON.stringify(path.join(repository, file))});`;
      const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
      assert.deepEqual([status, stdout], [1, '']);
      assert.match(stderr, new RegExp(`^${name} needs Node.js 24 or later, and this is 18.20.4: .*\n$`));
    });

    for (const platform of BEYOND) {
      test(`${name}: as on ${platform}, runs without the launcher`, () => {
        const args = ['--import', PRELOAD, path.join(repository, file), '--version'];
        const { status, stdout, stderr } = spawnSync(process.execPath, args, {
          encoding: 'utf8',
          env: environment(platform),
        });
        assert.equal(status, 0, stderr);
        assert.match(stdout, new RegExp(`^${name} [0-9.]+`));
      });
    }
  }
});
