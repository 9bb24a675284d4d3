// What docs/supply-chain.md says, as far as it can be held without a network.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { suite, test } from 'node:test';
import { readLock, withPackages } from '../../scripts/licences.ts';
import { builtPrograms } from '../lab/built-programs.ts';
import { copyClone, repository } from '../lab/scratch-clone.ts';

const read = (file: string): string => readFileSync(path.join(repository, file), 'utf8');

const lock = read('package-lock.json');
const nodePackage = 'packaging/node';
const nodeManifest = JSON.parse(read(`${nodePackage}/package.json`)) as {
  readonly optionalDependencies: Readonly<Record<string, string>>;
};
const manifest = JSON.parse(read('package.json')) as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
};

suite('supply chain', () => {
  test('versions are exact', () => {
    const { 'bussa-node': own, ...others } = manifest.devDependencies;
    assert.equal(own, `file:${nodePackage}`);
    const all = { ...manifest.dependencies, ...others, ...nodeManifest.optionalDependencies };
    for (const [name, version] of Object.entries(all)) assert.match(version, /^\d+\.\d+\.\d+$/, name);
  });

  test('what is installed is what the lock file names, by version, hash and licence', () => {
    const locked = readLock(lock);
    let count = 0;
    for (const [place, { version, integrity }] of readLock(read('node_modules/.package-lock.json'))) {
      // setup.sh drops those for another libc, which an old npm installs and records.
      if (place.includes('-musl') && !existsSync(path.join(repository, place))) continue;
      const own = locked.get(place);
      assert.equal(own?.version, version, place);
      assert.match(integrity ?? '', /^sha512-/, place);
      const { license } = JSON.parse(read(path.join(place, 'package.json'))) as { readonly license?: string };
      assert.equal(own?.license, license, place);
      count++;
    }
    assert.ok(count > 5, `${count} packages`);
  });

  test('the binary of Node.js is locked by its hash, for each machine that there is one for', () => {
    const locked = readLock(lock);
    for (const [name, version] of Object.entries(nodeManifest.optionalDependencies)) {
      const one = locked.get(`node_modules/${name}`);
      assert.equal(one?.version, version);
      assert.match(one.integrity ?? '', /^sha512-/);
      assert.notEqual(one.hasInstallScript, true);
    }
  });

  test('npm runs no install script, whatever its version', () => {
    assert.match(read('.npmrc'), /^ignore-scripts=true$/m);
    assert.ok(!Object.values(manifest.allowScripts).includes(true));
  });

  test('each install script is refused by name, with its reason in the document', () => {
    const scripts = [...readLock(lock)].filter(([, { hasInstallScript }]) => hasInstallScript === true);
    const names = scripts.map(([place]) => place.replace(/^.*node_modules\//, ''));
    assert.deepEqual(names.sort(), Object.keys(manifest.allowScripts).sort());
    const document = read('docs/supply-chain.md');
    for (const name of names) assert.match(document, new RegExp(`^\\| \`${name}\` \\| [a-z]`, 'm'));
  });

  test('the table of packages and licences fits the lock file, and none lacks a licence', () => {
    const document = read('docs/supply-chain.md');
    assert.equal(withPackages(document, lock), document, 'run: node scripts/licences.ts');
    assert.ok(!document.includes('not stated'));
  });

  test('the lock file names no host', () =>
    assert.ok(!/"resolved": "(?!packaging\/)|https?:\/\/registry/.test(lock)));

  test('this clone, and a copy elsewhere whose node_modules is a link, make the same executable', (t) => {
    const parent = mkdtempSync(path.join(tmpdir(), 'bussa-make-'));
    t.after(() => rmSync(parent, { recursive: true, force: true }));
    const one = hashOf(builtPrograms(parent));
    const other = buildCopy(path.join(parent, 'another name'), 1_600_000_000, 0o077);
    assert.equal(other, one);
  });
});

/** The hash of the executable that is built from what git holds, copied to another place at another time. */
function buildCopy(directory: string, seconds: number, mask: number): string {
  copyClone(directory, seconds, mask);
  symlinkSync(path.join(repository, 'node_modules'), path.join(directory, 'node_modules'));
  return buildIn(directory, path.join(directory, 'dist'), mask);
}

/** The hash of the executable that the clone in that directory makes. */
function buildIn(directory: string, to: string, mask: number): string {
  const script = 'umask "$0" && exec "$@"';
  const build = [process.execPath, '--disable-warning=ExperimentalWarning', 'scripts/build.ts', to];
  execFileSync('sh', ['-c', script, octal(mask), ...build], { cwd: directory });
  return hashOf(to);
}

function hashOf(directory: string): string {
  return createHash('sha256')
    .update(readFileSync(path.join(directory, 'bussa')))
    .digest('hex');
}

const octal = (mask: number): string => mask.toString(8).padStart(4, '0');
