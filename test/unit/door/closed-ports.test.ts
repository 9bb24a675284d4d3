import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { hasConnection, portsNotIn } from '../../../src/core/door/closed-ports.ts';
import {
  type PortOpening,
  parsePortOpening,
  renderPortOpenings,
} from '../../../src/core/door/port-opening.ts';
import type { Address } from '../../../src/core/net/address.ts';
import type { Port } from '../../../src/core/net/port.ts';
import { seeded } from '../../lab/seed.ts';

const ports = (text: string): PortOpening[] =>
  text === '' ? [] : text.split(', ').map((one) => parsePortOpening(one) as PortOpening);

describe('ports that are closed for the first time', () => {
  const cases: readonly (readonly [wanted: string, known: string, fresh: string])[] = [
    ['tcp/22', '', 'tcp/22'],
    ['tcp/22', 'tcp/22', ''],
    ['tcp/22', 'udp/22', 'tcp/22'],
    ['tcp/22 forward', 'tcp/22', 'tcp/22 forward'],
    ['tcp/1-10', 'tcp/4-6', 'tcp/1-3, tcp/7-10'],
    ['tcp/1-10', 'tcp/1-5, tcp/6-20', ''],
    ['tcp/22, tcp/22', '', 'tcp/22'],
    ['tcp/1-65535', 'tcp/1, tcp/65535', 'tcp/2-65534'],
  ];
  for (const [wanted, known, fresh] of cases) {
    test(`${wanted} beyond ${known || 'nothing'}`, () =>
      assert.equal(renderPortOpenings(portsNotIn(ports(wanted), ports(known))), fresh));
  }

  test('each port exactly once, as counted one by one', (t) => {
    const range = fc
      .tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 6 }), fc.constantFrom('tcp', 'udp'))
      .map(([first, length, protocol]) => `${protocol}/${first}-${first + length}`);
    const list = fc.array(range, { maxLength: 5 }).map((texts) => ports(texts.join(', ')));
    const each = (openings: readonly PortOpening[]): string[] =>
      openings.flatMap(({ protocol, first, last }) =>
        Array.from({ length: last - first + 1 }, (_, i) => `${protocol}/${first + i}`),
      );
    fc.assert(
      fc.property(list, list, (wanted, known) => {
        const gone = new Set(each(known));
        const expected = new Set(each(wanted).filter((port) => !gone.has(port)));
        assert.deepEqual(each(portsNotIn(wanted, known)).sort(), [...expected].sort());
      }),
      seeded(t),
    );
  });

  test('a connection matches only ports of its protocol and path', () => {
    const connection = { path: 'input', peer: '192.0.2.1' as Address, peerPort: 4000 as Port } as const;
    const at = (text: string, protocol: 'tcp' | 'udp', port: number): boolean =>
      hasConnection(ports(text), { ...connection, protocol, port: port as Port });
    assert.ok(at('tcp/20-25', 'tcp', 25));
    assert.ok(!at('tcp/20-25', 'tcp', 26));
    assert.ok(!at('tcp/20-25', 'udp', 22));
    assert.ok(!at('tcp/20-25 forward', 'tcp', 22));
  });
});
