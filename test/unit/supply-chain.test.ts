// What docs/supply-chain.md says, as far as it can be held without a network.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { suite, test } from 'node:test';
import { readLock, withPackages } from '../../scripts/licences.ts';
import { repository } from './scratch-clone.ts';

const read = (file: string): string => readFileSync(path.join(repository, file), 'utf8');

const lock = read('package-lock.json');
const manifest = JSON.parse(read('package.json')) as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
};

suite('supply chain', () => {
  test('versions are exact', () => {
    const all = { ...manifest.dependencies, ...manifest.devDependencies };
    for (const [name, version] of Object.entries(all)) assert.match(version, /^\d+\.\d+\.\d+$/, name);
  });

  test('what is installed is what the lock file names, by version, hash and licence', () => {
    const locked = readLock(lock);
    const installed = JSON.parse(read('node_modules/.package-lock.json')) as {
      readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity?: string }>>;
    };
    let count = 0;
    for (const [place, { version, integrity }] of Object.entries(installed.packages)) {
      const own = locked.get(place);
      // The binary of Node.js, which its package's own script fetches: see the document.
      if (own === undefined && /^node_modules\/node-(?:bin-)?linux-/.test(place)) continue;
      assert.equal(own?.version, version, place);
      assert.match(integrity ?? '', /^sha512-/, place);
      const { license } = JSON.parse(read(path.join(place, 'package.json'))) as { readonly license?: string };
      assert.equal(own?.license, license, place);
      count++;
    }
    assert.ok(count > 5, `${count} packages`);
  });

  test('each install script is allowed or refused by name, with its reason in the document', () => {
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

  test('the lock file names no host', () => assert.ok(!/"resolved"|https?:\/\/registry/.test(lock)));

  test('two clones make the same package', (t) => {
    const parent = mkdtempSync(path.join(tmpdir(), 'bussa-pack-'));
    t.after(() => rmSync(parent, { recursive: true, force: true }));
    const one = packCopy(path.join(parent, 'one'), 1_000_000_000);
    const other = packCopy(path.join(parent, 'another name'), 1_600_000_000);
    assert.match(one, /^sha512-/);
    assert.equal(other, one);
  });
});

/** Packs what git holds, copied to another place at another time. */
function packCopy(directory: string, seconds: number): string {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: repository, encoding: 'utf8' }).split('\0');
  for (const file of files.filter((name) => name !== '')) {
    const copy = path.join(directory, file);
    mkdirSync(path.dirname(copy), { recursive: true });
    cpSync(path.join(repository, file), copy);
    utimesSync(copy, seconds, seconds);
  }
  const args = ['pack', '--json', '--dry-run', '--ignore-scripts', '--offline'];
  const said = execFileSync('npm', args, {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const packed: unknown = JSON.parse(said);
  const [first] = Object.values(packed as Record<string, { readonly integrity: string }>);
  return first?.integrity ?? '';
}
