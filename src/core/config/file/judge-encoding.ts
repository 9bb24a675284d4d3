import type { Findings } from '../../text/findings.ts';
import type { InvalidByte, TextLines } from '../../text/split-lines.ts';

/**
 * Reports text that is not UTF-8: an error, because its meaning is unknown, but only a warning in comments. One warning
 * is enough: a Latin-1 file has them throughout.
 */
export function judgeEncoding({ lines, invalid }: TextLines, findings: Findings): void {
  const isComment = ({ at }: InvalidByte): boolean => /^\s*#/.test(lines[at.line - 1] ?? '');
  const comments = invalid.filter(isComment);
  for (const each of invalid) {
    if (!isComment(each)) findings.error(each.at, `${shown(each)} is not UTF-8: save the file as UTF-8`);
  }
  const [first] = comments;
  if (first === undefined) return;
  const more =
    comments.length === 1
      ? ''
      : `, and ${comments.length - 1} more such line${comments.length === 2 ? '' : 's'}`;
  findings.warning(
    first.at,
    'not-utf8',
    `${shown(first)} in a comment is not UTF-8${more}: save the file as UTF-8`,
  );
}

const shown = ({ byte }: InvalidByte): string => `byte 0x${byte.toString(16).toUpperCase().padStart(2, '0')}`;
