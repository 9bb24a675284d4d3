import { escapeCodes } from './quote-text.ts';

/** A place in a text file. Lines and columns count from 1, columns in characters. */
export type Place = { readonly file: string; readonly line: number; readonly column: number };

/** Names of warnings, on which scripts may rely. docs/operate.md describes each. */
export const WARNING_IDS = [
  'ascending-sequence',
  'bad-rule',
  'browser-port',
  'code-ports',
  'command-not-found',
  'comment-in-value',
  'contained-sequence',
  'default-time',
  'denied-and-allowed',
  'empty-directive',
  'guard-off',
  'ipv4-only',
  'key-option',
  'knocks-in-a-row',
  'known-sequence',
  'lease-by-daemon',
  'limit-without-stop',
  'local-ports',
  'misspelt-placeholder',
  'narrow-prefix',
  'never-reached',
  'no-address',
  'no-client',
  'no-credential',
  'no-directory',
  'no-interface',
  'no-leases',
  'no-placeholder',
  'no-reply',
  'no-sequences-left',
  'no-service',
  'no-shell',
  'no-tcpflags',
  'no-time',
  'not-judged',
  'not-utf8',
  'one-time-unusable',
  'open-quote',
  'open-to-strangers',
  'prefix-sequence',
  'quoted-value',
  'readable-by-all',
  'repeated-directive',
  'same-knocks',
  'second-options',
  'served-port',
  'no-hmac',
  'weak-mode',
  'short-key',
  'many-spa-keys',
  'short-maximum',
  'short-sequence',
  'shut-to-knockers',
  'skipped-line',
  'sleeping-command',
  'stop-differs',
  'typographic',
  'unknown-door',
  'unknown-user',
  'unused-time',
  'wide-prefix',
] as const;

export type WarningId = (typeof WARNING_IDS)[number];

/** What is wrong or unwise at a place, followed by a colon and what would be right. */
export type Diagnostic = {
  readonly severity: 'error' | 'warning';
  /** Only warnings have one. */
  readonly id?: WarningId;
  readonly place: Place;
  readonly message: string;
};

/** `file:line:column: message`, with `warning` if it is one. A single printable line, whatever the file's content. */
export function renderDiagnostic({ severity, place, message }: Diagnostic): string {
  const mark = severity === 'warning' ? 'warning: ' : '';
  return escapeCodes(`${place.file}:${place.line}:${place.column}: ${mark}${message}`);
}

/** The text before the first colon outside of quotes, and the text after it. */
const PARTS = /^((?:"[^"]*"|[^":]|:(?! ))+): (.+)$/s;

/** A diagnostic in parts, for programs. */
export function diagnosticParts({ severity, id, place, message }: Diagnostic) {
  const [, what, remedy] = PARTS.exec(message) ?? [];
  return {
    severity,
    ...(id === undefined ? {} : { id }),
    ...place,
    message: what ?? message,
    ...(remedy === undefined ? {} : { remedy }),
  };
}
