// Each program of the executable as one script, which V8 can compile ahead.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { pageFiles } from '../src/app/web/page-files.ts';

const root = path.join(import.meta.dirname, '..');

/** By the name that a program is started under. */
export const PROGRAMS = {
  knockd: 'src/cli/knockd/knockd.ts',
  knock: 'src/cli/knock/knock.ts',
  bussa: 'src/cli/bussa/bussa.ts',
  'bussa-client': 'src/cli/bussa/bussa-client.ts',
  'bussa-undo': 'src/app/daemon/lockout-guard/rollback-process.ts',
} as const;

export type ProgramName = keyof typeof PROGRAMS;

/** The addon itself: the package's own code finds out which of its builds is the machine's, and warns of old names. */
const ADDON: Plugin = {
  name: 'koffi',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^koffi$/ }, () => ({ path: 'koffi', namespace: 'addon' }));
    onLoad({ filter: /^koffi$/, namespace: 'addon' }, () => ({
      contents: "export default require('./koffi.node');",
      resolveDir: root,
    }));
  },
};

/** The page as text, in the place of the module that would build it. */
const PAGE: Plugin = {
  name: 'page',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\/app\/web\/page-files\.ts$/ }, async () => ({
      contents: await pageModule(),
      loader: 'js',
    }));
  },
};

/** A module that has the page's files ready. */
export async function pageModule(): Promise<string> {
  const files = JSON.stringify(await pageFiles());
  const licences = ['preact', 'uplot'].map((name) => {
    const text = readFileSync(path.join(root, 'node_modules', name, 'LICENSE'), 'utf8');
    return `/*! ${name}\n${text.replaceAll('*/', '* /')}*/\n`;
  });
  return `${licences.join('')}const files = ${files};\nexport const pageFiles = async () => files;\n`;
}

/** What stands where the sources would tell their own place: no file is ever looked for there. */
const NOWHERE = JSON.stringify('file:///nonexistent/in/no/directory');

const COMMON: BuildOptions = {
  absWorkingDir: root,
  // The text names modules by their paths. Where node_modules is a link, the path would be that of the link's target.
  preserveSymlinks: true,
  bundle: true,
  platform: 'node',
  target: `node${process.versions.node}`,
  format: 'cjs',
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  // Every byte a character: V8 keeps such a text in half the space.
  charset: 'ascii',
  external: ['./koffi.node'],
  // In the executable, import() finds no module of Node.js's own: they are required.
  supported: { 'dynamic-import': false },
  plugins: [ADDON, PAGE],
  define: { 'import.meta.url': NOWHERE },
  logLevel: 'warning',
};

/** Writes a function expression that takes `require`. Modules imported dynamically are in it, and run when they are asked for. */
export async function bundleProgram(name: ProgramName, to: string): Promise<void> {
  await build({
    ...COMMON,
    entryPoints: [PROGRAMS[name]],
    outfile: to,
    banner: { js: '(function(require){' },
    footer: { js: '})' },
  });
}

/** Where the executable begins. */
export async function bundleStart(to: string): Promise<void> {
  await build({ ...COMMON, entryPoints: ['src/cli/process/executable.ts'], outfile: to });
}
