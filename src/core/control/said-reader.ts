import type { Said, SaidValue } from '../say/said.ts';
import { isObject, type Reader, WrongValue } from './reader.ts';

/** BOUNDED: sentences inside of sentences. */
const MAX_DEPTH = 4;
const IS = 'a sentence by its kind';

/** A sentence by its kind. */
export const SAID: Reader<Said> = { is: IS, read: (value) => readSaid(value, 0) ?? new WrongValue(IS) };

function readSaid(value: unknown, depth: number): Said | undefined {
  if (!isObject(value) || depth > MAX_DEPTH) return undefined;
  const { code, values, text } = value;
  if (typeof code !== 'string' || !isObject(values)) return undefined;
  if (text !== undefined && typeof text !== 'string') return undefined;
  const read: [string, SaidValue][] = [];
  for (const [name, one] of Object.entries(values)) {
    const known = typeof one === 'string' || typeof one === 'number' ? one : readSaid(one, depth + 1);
    if (known === undefined) return undefined;
    read.push([name, known]);
  }
  return { code, values: Object.fromEntries(read), ...(text === undefined ? {} : { text }) };
}
