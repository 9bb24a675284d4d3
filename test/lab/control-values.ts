import fc from 'fast-check';
import { parseStreamId, type StreamId } from '../../src/core/control/fleet-link.ts';
import type { LeaseId } from '../../src/core/lease/lease.ts';
import { type Address, parseAddress } from '../../src/core/net/address.ts';
import { prefixAround } from '../../src/core/net/prefix.ts';
import { instant, millis } from '../../src/core/net/time.ts';
import type { Said } from '../../src/core/say/said.ts';

export const number = fc.integer({ min: 0, max: 2 ** 40 });
export const text = fc.string({ unit: 'binary', maxLength: 20 });
export const texts = fc.array(text, { maxLength: 4 });
export const said: fc.Arbitrary<Said> = record<Said>(
  {
    code: text,
    values: fc.dictionary(
      text,
      fc.oneof(text, number, fc.constant({ code: 'key', values: { n: 1 }, text: '' })),
      {
        maxKeys: 3,
      },
    ),
    text,
  },
  'text',
);
export const flag = fc.boolean();
export const yes = fc.constant(true as const);
export const moment = fc.integer({ min: 0, max: 8.64e15 }).map(instant);
export const span = fc.double({ min: 0.001, max: 1e12, noNaN: true }).map(millis);
export const length = span;
export const address = fc
  .oneof(fc.ipV4(), fc.ipV6())
  .map(parseAddress)
  .filter((parsed): parsed is Address => parsed !== undefined);
export const prefix = fc.tuple(address, fc.nat(32)).map(([base, bits]) => prefixAround(base, bits));
export const nothing = fc.constant({});
export const count = fc.integer({ min: 1, max: 2 ** 40 });
export const bytes = fc.uint8Array({ maxLength: 40 });
export const streamId = fc
  .tuple(number, number)
  .map(([ms, n]) => parseStreamId(`${ms}-${n}`))
  .filter((parsed): parsed is StreamId => parsed !== undefined);
export const id = fc.uuid().map((word) => word as LeaseId);

/** The named fields are there or not. */
export function record<T extends object>(
  fields: { readonly [K in keyof T]-?: fc.Arbitrary<Exclude<T[K], undefined>> },
  ...optional: readonly (keyof T)[]
): fc.Arbitrary<T> {
  const requiredKeys = Object.keys(fields).filter((name) => !optional.includes(name as keyof T));
  return fc.record(fields, { requiredKeys: requiredKeys as [] }) as unknown as fc.Arbitrary<T>;
}
