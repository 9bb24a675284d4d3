/** An option of an authorized_keys line, its name in lower case: `from="192.0.2.0/24"`, `no-touch-required`. */
export type KeyOption = { readonly name: string; readonly value?: string };

/** `end`: where the options end and the key begins. */
export type OptionsReading =
  | { readonly kind: 'options'; readonly options: readonly KeyOption[]; readonly end: number }
  | { readonly kind: 'bad'; readonly reason: string };

/** The options before a key (sshd(8), AUTHORIZED_KEYS FILE FORMAT). Blanks are only allowed in quotes. */
export function readKeyOptions(line: string): OptionsReading {
  const options: KeyOption[] = [];
  let at = 0;
  for (;;) {
    // As sshd: an option may be empty.
    while (line[at] === ',') at += 1;
    if (options.length > 0 && /^[ \t]/.test(line.slice(at))) return { kind: 'options', options, end: at };
    const name = /^[A-Za-z0-9@._-]+/.exec(line.slice(at))?.[0];
    if (name === undefined) return { kind: 'bad', reason: 'an option has no name' };
    at += name.length;
    let value: string | undefined;
    if (line[at] === '=') {
      // Only a quote can be escaped: a backslash before anything else, another backslash included, is itself.
      const quoted = /^="((?:\\"|(?!\\")[^"])*)"/.exec(line.slice(at));
      if (quoted === null) return { kind: 'bad', reason: `the value of ${name} wants quotes: ${name}="…"` };
      value = (quoted[1] as string).replaceAll('\\"', '"');
      at += quoted[0].length;
    }
    options.push({ name: name.toLowerCase(), ...(value === undefined ? {} : { value }) });
    if (line[at] !== ',') return { kind: 'options', options, end: at };
  }
}
