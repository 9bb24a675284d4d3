import { readFileSync } from 'node:fs';
import path from 'node:path';
import { repository } from './scratch-clone.ts';

/** A fenced block of a page: what stands behind the fence says what it is and where it is typed. */
export type PrintedBlock = { readonly words: readonly string[]; readonly text: string };

/** The blocks of each section of a page in the repository, by the section's heading; '' is what stands before the first. */
export function readPrinted(page: string): ReadonlyMap<string, readonly PrintedBlock[]> {
  const text = readFileSync(path.join(repository, page), 'utf8');
  const sections = new Map<string, PrintedBlock[]>();
  let section = '';
  const pattern = /^## (?<heading>.+)$|^(?<indent> *)```(?<words>.*)\n(?<block>[\s\S]*?)^\k<indent>```$/gm;
  for (const { groups: { heading, indent = '', words = '', block = '' } = {} } of text.matchAll(pattern)) {
    if (heading !== undefined) section = heading;
    else {
      const own = { words: words.split(' '), text: block.replaceAll(new RegExp(`^${indent}`, 'gm'), '') };
      sections.set(section, [...(sections.get(section) ?? []), own]);
    }
  }
  return sections;
}
