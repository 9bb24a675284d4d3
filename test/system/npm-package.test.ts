// The npm package, packed: as who installs it gets it, and the same from any clone.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { WorkDirectory } from '../lab/knockd.ts';
import { copyClone, repository } from '../lab/scratch-clone.ts';

describe('the npm package', () => {
  const directory = new WorkDirectory();
  const destination = directory.file('packed');
  let integrity = '';
  before(() => {
    mkdirSync(destination);
    integrity = pack(repository, 0o022, '--pack-destination', destination);
  });
  after(() => directory[Symbol.dispose]());

  test('installed, its programs start, and what it exports is JavaScript with types', () => {
    const modules = path.join(directory.path, 'node_modules');
    mkdirSync(path.join(modules, 'bussa'), { recursive: true });
    const [archive = ''] = readdirSync(destination);
    execFileSync('tar', [
      '-xzf',
      path.join(destination, archive),
      '-C',
      path.join(modules, 'bussa'),
      '--strip-components=1',
    ]);
    for (const name of ['koffi', '@koromix', 'uqr', 'get-east-asian-width'])
      symlinkSync(path.join(repository, 'node_modules', name), path.join(modules, name));

    const uses = directory.file(
      'use.mts',
      `import { type Config, knock, parseConfig, type Simulation, simulate } from 'bussa';
       const parsed = parseConfig('[a]\\nsequence = 1\\ncommand = true\\n');
       const config: Config | undefined = parsed.kind === 'ok' ? parsed.config : undefined;
       if (config === undefined) throw new Error('a mistake');
       const simulation: Simulation = await simulate(config, { knocks: [1] });
       console.log(simulation.opened, typeof knock);\n`,
    );
    const environment = { ...process.env, PATH: `${path.dirname(process.execPath)}:${process.env.PATH}` };
    assert.equal(
      execFileSync(process.execPath, [uses], { encoding: 'utf8', env: environment }),
      'true function\n',
    );
    writeFileSync(directory.file('package.json'), '{"type":"module"}');
    const types = ['--types', 'node', '--typeRoots', path.join(repository, 'node_modules/@types')];
    const options = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2024',
      '--lib',
      'esnext',
      ...types,
    ];
    execFileSync(path.join(repository, 'node_modules/.bin/tsc'), [...options, uses], {
      cwd: directory.path,
      stdio: 'pipe',
    });
    for (const program of ['knock', 'knockd', 'bussa']) {
      const file = path.join(modules, 'bussa/bin', program);
      const output = execFileSync(file, ['--version'], { encoding: 'utf8', env: environment });
      assert.match(output, new RegExp(`^${program} \\d+\\.\\d+\\.\\d+`));
    }
  });

  test('is the same bytes, made in a copy of the clone elsewhere, at another time, under another umask', () => {
    assert.match(integrity, /^sha512-/);
    assert.equal(packCopy(directory.file('another name'), 1_600_000_000, 0o077), integrity);
  });
});

const PACK = 'umask "$0" && exec sh scripts/pack.sh --json --offline "$@"';
const octal = (mask: number): string => mask.toString(8).padStart(4, '0');

/** Packs what git holds, copied to another place at another time under that umask. */
function packCopy(directory: string, seconds: number, mask: number): string {
  copyClone(directory, seconds, mask);
  execFileSync('sh', ['-c', 'git init -q && git add --all'], { cwd: directory });
  // Without it the copy would install its own, which takes three times as long as all the rest.
  symlinkSync(path.join(repository, 'node_modules'), path.join(directory, 'node_modules'));
  return pack(directory, mask, '--dry-run');
}

/** Packs what git holds, and returns the hash of the archive. */
function pack(directory: string, mask: number, ...options: readonly string[]): string {
  const said = execFileSync('sh', ['-c', PACK, octal(mask), ...options], {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const packed: unknown = JSON.parse(said);
  const [first] = Object.values(packed as Record<string, { readonly integrity: string }>);
  return first?.integrity ?? '';
}
