import { type AttachPoint, parseAttachPoint, renderAttachPoint } from '../../door/attach-point.ts';
import type { Findings } from '../../text/findings.ts';
import { quoteText } from '../../text/quote-text.ts';
import { splitWord, type Word } from '../../text/word.ts';

/** A ruleset has a handful. Limits the comparisons. */
export const MAX_ATTACH_POINTS = 64;

const FORM = 'write family, table and chain as in inet filter input; several are separated by commas';

/** `inet filter input, ip6 mangle forward`, after the `earlier` ones; every bad one is a finding. */
export function parseAttach(
  list: Word,
  earlier: readonly AttachPoint[],
  findings: Findings,
): readonly AttachPoint[] {
  const points = [...earlier];
  const names = new Set(points.map(renderAttachPoint));
  for (const word of splitWord(list, ',', MAX_ATTACH_POINTS + 1)) {
    if (points.length === MAX_ATTACH_POINTS) {
      findings.error(
        word,
        `more than ${MAX_ATTACH_POINTS} chains: name only those that drop new connections`,
      );
      break;
    }
    const point = parseAttachPoint(word.text);
    const name = point === undefined ? '' : renderAttachPoint(point);
    if (point === undefined) findings.error(word, mistakeOf(word.text));
    else if (isOwnTable(point)) findings.error(word, `${quoteText(name)} ${OWN_TABLE_REMEDY}`);
    else if (names.has(name)) findings.error(word, `${quoteText(name)} is named twice: name each chain once`);
    else points.push(point);
    names.add(name);
  }
  return points;
}

/** It is created and deleted as a whole. */
function isOwnTable({ family, table }: AttachPoint): boolean {
  return family === 'inet' && table === 'bussa';
}

const OWN_TABLE_REMEDY =
  "is in Bussa's own table: name a chain of your own ruleset, " +
  'or remove Attach: the doors’ ports are closed in that table';

function mistakeOf(text: string): string {
  if (text === '') return `a chain is missing: ${FORM}`;
  const shown = quoteText(text);
  const [family = '', ...names] = text.split(/[ \t]+/);
  if (names.length !== 2) return `${shown} is not a chain: ${FORM}`;
  if (parseAttachPoint(`${family} table chain`) === undefined) {
    return `unknown family ${quoteText(family)} in ${shown}: it is inet, ip or ip6`;
  }
  const wrong = names.find((name) => parseAttachPoint(`inet ${name} chain`) === undefined) ?? '';
  const remedy = 'a name begins with a letter, and letters, digits, "_", ".", "-" or "/" follow';
  return `${quoteText(wrong)} in ${shown} is not a name that nftables accepts: ${remedy}`;
}
