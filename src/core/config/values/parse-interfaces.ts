import { quoteText } from '../../text/quote-text.ts';
import { splitWord, type Word } from '../../text/word.ts';

/** The interfaces to listen on. `auto`: those with a default route. */
export type InterfaceSetting =
  | { readonly kind: 'any' }
  | { readonly kind: 'auto' }
  | { readonly kind: 'named'; readonly names: readonly string[] };

/** `offset`: position in the text, in UTF-16 units. */
export type InterfaceMistake = { readonly offset: number; readonly message: string };

export type InterfaceResult =
  | { readonly kind: 'ok'; readonly choice: InterfaceSetting }
  | { readonly kind: 'bad'; readonly mistakes: readonly [InterfaceMistake, ...InterfaceMistake[]] };

/** IFNAMSIZ of <linux/if.h> less the terminating NUL, in bytes. */
const MAX_NAME_BYTES = 15;

/** `eth0`, `eth0,wlan0`, `any` or `auto`, in the configuration and on the command line alike. */
export function parseInterfaceSetting(text: string): InterfaceResult {
  const words = splitWord({ text, line: 1, offset: 0 }, ',');
  const whole = words.length === 1 ? wordChoice(words[0]?.text ?? '') : undefined;
  if (whole !== undefined) return { kind: 'ok', choice: whole };
  const names = new Set<string>();
  const mistakes: InterfaceMistake[] = [];
  for (const word of words) {
    const message = nameMistake(word, names);
    if (message !== undefined) mistakes.push({ offset: word.offset, message });
    names.add(word.text);
  }
  const [first, ...rest] = mistakes;
  if (first !== undefined) return { kind: 'bad', mistakes: [first, ...rest] };
  return { kind: 'ok', choice: { kind: 'named', names: [...names] } };
}

function wordChoice(text: string): InterfaceSetting | undefined {
  const lower = text.toLowerCase();
  return lower === 'any' || lower === 'auto' ? { kind: lower } : undefined;
}

function nameMistake({ text }: Word, earlier: ReadonlySet<string>): string | undefined {
  if (text === '') return 'an interface is missing: name one, as in eth0 or eth0,wlan0, or write any or auto';
  if (wordChoice(text) !== undefined) return `${text} cannot be combined with other interfaces`;
  if (earlier.has(text)) return `${quoteText(text)} is already named: name each interface once`;
  if (/\s/.test(text)) return `${quoteText(text)} is not an interface: separate the names with commas`;
  if (text.includes('/')) return `${quoteText(text)} is not an interface: give its name alone, as in eth0`;
  if (text.includes(':')) {
    return `${quoteText(text)} labels an address: name its interface, ${quoteText(text.slice(0, text.indexOf(':')))}`;
  }
  // What dev_valid_name() of the Linux kernel refuses.
  if (text === '.' || text === '..')
    return `${quoteText(text)} is not an interface: no interface has this name`;
  if (text.length > MAX_NAME_BYTES || new TextEncoder().encode(text).length > MAX_NAME_BYTES) {
    return `${quoteText(text)} is not an interface: a name has ${MAX_NAME_BYTES} bytes at most`;
  }
  return undefined;
}
