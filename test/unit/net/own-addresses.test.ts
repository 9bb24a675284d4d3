import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { addressWords, familyOf, renderAddress } from '../../../src/core/net/address.ts';
import type { LocalRoute } from '../../../src/core/net/local-route.ts';
import { prefixAround, prefixHas, prefixWidth } from '../../../src/core/net/prefix.ts';
import { OwnAddresses } from '../../../src/core/origin/own-addresses.ts';
import { seeded } from '../../lab/seed.ts';

/** Few bits, so that addresses fall into prefixes. */
const word = fc.nat(15).map((low) => (0x0a000000 | low) >>> 0);
const anyAddress = fc
  .tuple(fc.constantFrom(4 as const, 6 as const), word, word)
  .map(([family, high, low]) =>
    family === 4 ? renderAddress(4, 0, 0, 0, low) : renderAddress(6, high, 0, 0, low),
  );
const route = fc
  .tuple(anyAddress, fc.nat(128), fc.constantFrom('local' as const, 'broadcast' as const))
  .map(([one, length, kind]): LocalRoute => {
    const width = prefixWidth(one);
    return { kind, prefix: prefixAround(one, kind === 'broadcast' ? width : Math.min(length, width)) };
  });

describe('the addresses of a host', () => {
  test('beside a list that is looked through one by one', (t) => {
    fc.assert(
      fc.property(fc.array(anyAddress), fc.array(route), anyAddress, (singles, routes, asked) => {
        const own = new OwnAddresses(singles, routes);
        const family = familyOf(asked);
        const words = addressWords(asked);
        const local = routes.filter(({ kind, prefix }) => kind === 'local' && prefixHas(prefix, asked));
        const broadcast = routes.some(({ kind, prefix }) => kind === 'broadcast' && prefix.base === asked);
        assert.equal(own.has(family, ...words), singles.includes(asked) || local.length > 0);
        assert.equal(
          own.sends(family, ...words),
          singles.includes(asked) || local.some(({ prefix }) => prefix.length > 0),
        );
        assert.equal(own.isBroadcast(family, ...words), broadcast);
      }),
      seeded(t, { numRuns: 2000 }),
    );
  });
});
