import { readFileSync } from 'node:fs';
import path from 'node:path';
import { repository } from './scratch-clone.ts';

/** A fenced block of a page: what stands behind the fence says what it is and where it is typed. */
export type PrintedBlock = { readonly words: readonly string[]; readonly text: string };

/** The blocks of each section of a page in the repository, by the section's heading. */
export function readPrinted(page: string): ReadonlyMap<string, readonly PrintedBlock[]> {
  const text = readFileSync(path.join(repository, page), 'utf8');
  const sections = new Map<string, PrintedBlock[]>();
  let section = '';
  for (const [, heading, words = '', block = ''] of text.matchAll(/^## (.+)$|^```(.*)\n([\s\S]*?)^```$/gm)) {
    if (heading !== undefined) section = heading;
    else sections.set(section, [...(sections.get(section) ?? []), { words: words.split(' '), text: block }]);
  }
  return sections;
}
