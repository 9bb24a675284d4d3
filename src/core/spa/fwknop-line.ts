import type { Findings } from '../text/findings.ts';
import { sliceWord, trimWord, type Word } from '../text/word.ts';

/** `SPA_SERVER 192.0.2.1`, `KEY_BASE64: …`, `[stanza]`, or a blank line or comment. */
export type FwknopLine =
  | { readonly kind: 'blank' }
  | { readonly kind: 'stanza'; readonly name: Word }
  | { readonly kind: 'setting'; readonly name: Word; readonly value: Word };

/**
 * Parses a line of an fwknop client file as config_init.c does: a value ends at white space, `;` or `#`. fwknop
 * silently ignores the rest, and cuts a passphrase with a blank; here that is a finding.
 */
export function readFwknopLine(line: Word, findings: Findings): FwknopLine | undefined {
  const bare = trimWord(line);
  if (bare.text === '' || bare.text.startsWith('#') || bare.text.startsWith(';')) return { kind: 'blank' };
  if (bare.text.startsWith('[')) return readStanza(bare, findings);
  const [, name = '', colon = '', gap = '', value = ''] =
    /^([^\s:=]+)(:?)(\s*=\s*|\s+)?([^\s;#]*)/.exec(bare.text) ?? [];
  const start = name.length + colon.length + gap.length;
  const key = sliceWord(bare, 0, name.length);
  if (name === '' || value === '') {
    findings.error(key, 'a name and a value are expected here, as in SPA_SERVER 192.0.2.1');
    return undefined;
  }
  const rest = trimWord(sliceWord(bare, start + value.length));
  if (rest.text !== '' && !/^[;#]/.test(rest.text)) {
    findings.error(
      rest,
      'fwknop ignores what stands here, behind the blank: remove it, or correct the value; if this is a passphrase with a blank, the server may have been given the whole of it',
    );
    return undefined;
  }
  return { kind: 'setting', name: key, value: sliceWord(bare, start, start + value.length) };
}

function readStanza(bare: Word, findings: Findings): FwknopLine | undefined {
  const end = bare.text.indexOf(']');
  const name = trimWord(sliceWord(bare, 1, end < 0 ? undefined : end));
  if (end >= 0 && name.text !== '') return { kind: 'stanza', name };
  findings.error(bare, 'this line is no stanza: write its name in brackets, as in [myserver]');
  return undefined;
}
