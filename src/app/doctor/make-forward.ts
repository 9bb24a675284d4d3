import { readFileSync, realpathSync } from 'node:fs';
import { parseConfig } from '../../core/config/file/parse-config.ts';
import type { DoorSpec } from '../../core/door/door.ts';
import { type PortOpening, renderPortOpening } from '../../core/door/port-opening.ts';
import { quoteWord } from '../../core/text/quote-word.ts';
import type { JudgedPort } from '../exposure/stranger-judge.ts';

/**
 * A command that makes every door of this port in the file a `forward` door. `undefined`: no pattern can do that in
 * this file; its owner has to edit it.
 */
export function forwardEdit(file: string, doors: readonly DoorSpec[], port: JudgedPort): string | undefined {
  const openings = openingsOf(doors, port);
  const edits = [...new Set(openings.map(renderPortOpening))].map(patternOf);
  try {
    const path = realpathSync(file);
    const edited = readFileSync(path, 'latin1')
      .split('\n')
      .map((line) => (OPEN.test(line) ? edits.reduce(applyTo, line) : line))
      .join('\n');
    const result = parseConfig(path, Buffer.from(edited, 'latin1'));
    const isDone = result.kind === 'ok' && openingsOf(result.config.doors, port).length === 0;
    if (!isDone || openings.length === 0) return undefined;
    const scripts = edits.map((one) => `-e ${quoteWord(sedOf(one))}`);
    // sed(1) would replace a symbolic link by a file.
    return `sed -E -i ${scripts.join(' ')} ${quoteWord(path)}`;
  } catch {
    return undefined;
  }
}

/** Openings that are not `forward`. */
const openingsOf = (doors: readonly DoorSpec[], { protocol, port }: JudgedPort): PortOpening[] =>
  doors
    .flatMap(({ opening }) => opening.ports ?? [])
    .filter((one) => one.path === 'input' && one.protocol === protocol)
    .filter(({ first, last }) => first <= port && last >= port);

const OPEN = /^[ \t]*open[ \t]*=/i;

/** Allows blanks wherever the configuration does. */
const patternOf = (opening: string): string => `(${opening.replaceAll(/[/-]/g, ' *$& *')})( *(,|$))`;

const applyTo = (line: string, pattern: string): string =>
  line.replace(new RegExp(pattern.replaceAll(' *', '[ \\t]*'), 'i'), '$1 forward$2');

const sedOf = (pattern: string): string =>
  `/^[[:blank:]]*open[[:blank:]]*=/I s#${pattern.replaceAll(' *', '[[:blank:]]*')}#\\1 forward\\2#I`;
