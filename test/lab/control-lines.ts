import fc from 'fast-check';
import { ANY_ANSWER, ANY_ROW } from './control-answers.ts';

/** A line of an answer that is in order, as the daemon writes it. */
export const ANY_LINE: fc.Arbitrary<Readonly<Record<string, unknown>>> = fc.oneof(
  ...Object.values(ANY_ANSWER).map((answer: fc.Arbitrary<object>) =>
    answer.map((fields) => ({ ok: true, ...fields })),
  ),
  ...Object.entries(ANY_ROW).map(([verb, row]: [string, fc.Arbitrary<object>]) =>
    fc.array(row, { maxLength: 3 }).map((rows) => ({ ok: true, [verb]: rows, more: false })),
  ),
);

/** The same value with one thing in it gone, or something else. `at`: which, of all that are in it. */
export function damage(value: unknown, at: number, by: unknown): unknown {
  const places: [Record<string, unknown>, string][] = [];
  const copy = structuredClone(value);
  const walk = (one: unknown): void => {
    if (typeof one !== 'object' || one === null) return;
    const holder = one as Record<string, unknown>;
    for (const name of Object.keys(holder)) {
      if (name !== 'ok') places.push([holder, name]);
      walk(holder[name]);
    }
  };
  walk(copy);
  const [holder, name] = places[at % Math.max(1, places.length)] ?? [];
  if (holder === undefined || name === undefined) return by;
  if (by === undefined) delete holder[name];
  else holder[name] = by;
  return copy;
}
