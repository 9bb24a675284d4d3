// compile-package.ts DIRECTORY: makes JavaScript of the sources in a copy of this clone, in place, and declarations for
// who imports it. Node.js takes types out of its own files only outside of node_modules.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join, resolve } from 'node:path';

import { pageModule } from './bundle.ts';

const ROOT = join(import.meta.dirname, '..');
const [directory = ''] = process.argv.slice(2);
const sources = resolve(directory, 'src');

/** The same file by its new name, wherever a source names another one. */
const renamed = (text: string): string => text.replaceAll(/(['"])([^'"\s]+)\.ts\1/g, '$1$2.js$1');

declare();
// A browser's, and in the package only as text.
rmSync(join(sources, 'app/web/page'), { recursive: true });
const page = await pageModule();
for (const name of readdirSync(sources, { recursive: true, encoding: 'utf8' })) {
  const file = join(sources, name);
  if (name.endsWith('.d.ts')) {
    write(file, renamed(readFileSync(file, 'utf8')));
  } else if (name.endsWith('.ts')) {
    const isPage = name === join('app', 'web', 'page-files.ts');
    const text = isPage ? page : renamed(stripTypeScriptTypes(readFileSync(file, 'utf8')));
    write(file.replace(/\.ts$/, '.js'), text);
    rmSync(file);
  }
}

function declare(): void {
  const options = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--noEmitOnError'];
  const config = join(ROOT, 'scripts/declarations.json');
  const compiler = join(ROOT, 'node_modules/.bin/tsc');
  execFileSync(compiler, ['-p', config, ...options, '--outDir', sources], { stdio: ['ignore', 2, 2] });
}

/** Whatever the umask is, the package is the same. */
function write(file: string, text: string): void {
  const mask = process.umask(0o022);
  // One that is there keeps its mode.
  rmSync(file, { force: true });
  writeFileSync(file, text, { mode: 0o644 });
  process.umask(mask);
}
