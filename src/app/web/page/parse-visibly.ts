import { printable } from '../../../core/event/printable.ts';

/** Names with characters that would be hidden or change the order of a line, by how they are shown. BOUNDED. */
const hidden = new Map<string, string>();
const MAX_HIDDEN = 1000;

/**
 * JSON, with such characters in its texts replaced by their codes: a name must not pretend to be another. `T`: what the
 * page's own server sends there. The server has checked every field.
 */
export function parseVisibly<T>(json: string): T {
  return printable(json.trimEnd()) === json.trimEnd() && !json.includes('\\u')
    ? JSON.parse(json)
    : JSON.parse(json, (_, value: unknown) => (typeof value === 'string' ? shown(value) : value));
}

/** What the name really is. */
export const hiddenIn = (name: string): string => hidden.get(name) ?? name;

function shown(text: string): string {
  const visible = printable(text);
  if (visible !== text && hidden.size < MAX_HIDDEN) hidden.set(visible, text);
  return visible;
}
