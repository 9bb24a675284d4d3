import { fileURLToPath } from 'node:url';
import { wordsOf } from './page/words/words-of.ts';

/** By the path that a browser requests. */
export type PageFiles = Readonly<Record<string, { readonly type: string; readonly text: string }>>;

const LANGUAGES = ['en', 'de', 'it'] as const;

const HTML = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Bussa</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
<script type="module" src="/page.js"></script>
<div id="page"></div>
</html>
`;

/**
 * The page, bundled from its sources. In the executable and the npm package another module replaces this one and holds
 * the result as text (scripts/bundle.ts), because esbuild is a build dependency.
 */
export async function pageFiles(): Promise<PageFiles> {
  const { build } = await import('esbuild');
  const { outputFiles = [] } = await build({
    entryPoints: ['page.tsx', 'page.css'].map((name) =>
      fileURLToPath(new URL(`./page/${name}`, import.meta.url)),
    ),
    outdir: '/',
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    write: false,
    logLevel: 'warning',
  });
  const textOf = (name: string): string => outputFiles.find(({ path }) => path.endsWith(name))?.text ?? '';
  return {
    '/': { type: 'text/html; charset=utf-8', text: HTML },
    '/page.js': { type: 'text/javascript; charset=utf-8', text: textOf('/page.js') },
    ...Object.fromEntries(
      LANGUAGES.map((language) => [
        `/words-${language}.json`,
        { type: 'application/json', text: JSON.stringify(wordsOf(language)) },
      ]),
    ),
    '/page.css': { type: 'text/css; charset=utf-8', text: textOf('/page.css') },
  };
}
