/** What the client's programs load before they act. Somebody waits for it, and each of these takes 1 to 7 ms. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { bundleProgram, type ProgramName } from '../../scripts/bundle.ts';
import { WorkDirectory } from '../lab/knockd.ts';

const run = promisify(execFile);

/** Runs the bundle as the executable does, and prints which of Node.js's modules have been loaded at its end. */
const RUNNER = `
  const [, file, ...args] = process.argv;
  const { readFileSync } = require('node:fs');
  const ffi = process.getBuiltinModule('node:ffi');
  const { dlopen } = ffi;
  const end = () => {
    console.log(process.moduleLoadList.filter((name) => !before.has(name)).join('\\n'));
    process.exit(0);
  };
  ffi.dlopen = (...words) => ({ functions: { ...dlopen(...words).functions, _exit: end } });
  const program = (0, eval)(readFileSync(file, 'latin1'));
  process.argv.splice(1, process.argv.length, file, file, ...args);
  process.argv.splice(0, 1);
  const before = new Set(process.moduleLoadList);
  program((name) => {
    if (name === './koffi.node') console.log('koffi');
    return process.getBuiltinModule(name);
  });
`;

const directory = new WorkDirectory();
after(() => directory[Symbol.dispose]());

async function loadedBy(name: ProgramName, ...args: readonly string[]): Promise<ReadonlySet<string>> {
  const flags = ['--disable-warning=ExperimentalWarning', '--experimental-ffi'];
  const file = path.join(directory.path, `${name}.js`);
  const running = run(process.execPath, [...flags, '--eval', RUNNER, file, ...args]);
  // There is nothing to pass on to the port.
  running.child.stdin?.end();
  const { stdout } = await running;
  return new Set(stdout.split('\n').map((line) => line.replace('NativeModule ', '')));
}

function assertNone(loaded: ReadonlySet<string>, ...names: readonly string[]): void {
  assert.ok(loaded.size > 1, 'the list of what has been loaded is not there');
  assert.deepEqual(
    names.filter((name) => loaded.has(name)),
    [],
  );
}

suite('the client loads little', () => {
  before(async () => {
    for (const name of ['knock', 'bussa-client'] as const)
      await bundleProgram(name, path.join(directory.path, `${name}.js`));
  });

  test('knock: neither koffi nor sockets of Node.js', async () => {
    const loaded = await loadedBy('knock', '127.0.0.1', '9', '9:udp');
    assertNone(loaded, 'koffi', 'net', 'dgram', 'dns', 'crypto', 'perf_hooks', 'child_process', 'tty');
  });

  test('bussa connect with ports: neither koffi nor cryptography', async () => {
    const server = createServer((socket) => socket.end('welcome\n')).listen(0, '127.0.0.1');
    try {
      await new Promise((resolve) => server.once('listening', resolve));
      const { port } = server.address() as { readonly port: number };
      const hosts = directory.file('hosts.conf', 'Host box\n  HostName 127.0.0.1\n  Knock 9 10\n');
      const loaded = await loadedBy('bussa-client', 'connect', '-F', hosts, 'box', `${port}`);
      assertNone(loaded, 'koffi', 'crypto', 'dgram', 'dns', 'perf_hooks', 'child_process', 'tty');
    } finally {
      server.close();
    }
  });
});
