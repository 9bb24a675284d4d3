import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { PagePlan } from '../../core/page/page-plan.ts';
import { renderPage } from '../../core/page/render-page.ts';
import { nodeCiphers } from '../../host/crypto/node-ciphers.ts';
import { createFile } from '../../host/files/create-file.ts';

/** Why no page was written, with the remedy. */
export type PageFailure = { readonly kind: 'permission' | 'failed'; readonly message: string };

/** Objections that are known before anything is done. */
export function pageObjection(file: string): PageFailure | undefined {
  if (existsSync(file)) return alreadyThere(file);
  try {
    accessSync(dirname(file), constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return unwritable(file, error);
  }
}

/** Creates the file, readable only by its owner. An existing file stays unchanged. */
export function writePage(file: string, plan: PagePlan): PageFailure | undefined {
  try {
    createFile(file, new TextEncoder().encode(renderPage(plan, nodeCiphers)));
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST' ? alreadyThere(file) : unwritable(file, error);
  }
}

const alreadyThere = (file: string): PageFailure => ({
  kind: 'failed',
  message: `${file} already exists and was not changed: remove it, or name another file`,
});

function unwritable(file: string, error: unknown): PageFailure {
  const { code, message } = error as NodeJS.ErrnoException;
  const isPermission = code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
  return {
    kind: isPermission ? 'permission' : 'failed',
    message: `cannot write ${file}: ${message}: name a file in a directory of yours`,
  };
}
