import { escapeCodes } from './quote-text.ts';

/** A place in a text file; lines and columns count from 1, columns in characters. */
export type Place = { readonly file: string; readonly line: number; readonly column: number };

/** What is wrong at a place, or unwise, and what would be right. */
export type Diagnostic = {
  readonly severity: 'error' | 'warning';
  readonly place: Place;
  readonly message: string;
};

/** `file:line:column: message`; a warning says so. Of what file and whose words it is: one line that prints. */
export function renderDiagnostic({ severity, place, message }: Diagnostic): string {
  const mark = severity === 'warning' ? 'warning: ' : '';
  return escapeCodes(`${place.file}:${place.line}:${place.column}: ${mark}${message}`);
}
