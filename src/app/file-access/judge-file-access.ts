import type { Diagnostic } from '../../core/text/diagnostic.ts';
import { listedWriters } from '../../host/files/access-list.ts';
import { judgePath, type Readers } from './judge-path.ts';

/** `judgePath`, with Linux access lists. */
export const judgeFileAccess = (path: string, readers: Readers): Diagnostic[] =>
  judgePath(path, readers, listedWriters);
