import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drawCodePorts } from '../../../src/core/code/draw-code-ports.ts';
import { otpauthUri } from '../../../src/core/code/otpauth.ts';
import type { CodePorts } from '../../../src/core/door/code-ports.ts';
import { portsBrowsersRefuse } from '../../../src/core/net/browser-ports.ts';
import { seededRandom } from '../../lab/seeded-random.ts';

const LOCAL = { first: 32_768, last: 60_999 };

describe('the numbers of a door that accepts codes', () => {
  test('lie away from services, knock ports and their decoys, local ports, and other doors', (t) => {
    const random = seededRandom(t);
    const draw = (limit: number): number => Math.floor(random() * limit);
    const used = new Set([11_080, 13_031, 14_999 + 32, 29_500, 10_000]);
    const others: CodePorts[] = [];
    for (let i = 0; i < 6; i++) {
      const pair = drawCodePorts({ used, local: LOCAL, others, draw }) as CodePorts;
      for (const prefix of pair) {
        assert.ok(prefix >= 10 && prefix <= 29);
        for (const port of used)
          assert.ok(port < prefix * 1000 - 32 || port >= (prefix + 1) * 1000 + 32, `${port} ${prefix}`);
        assert.ok(!others.flat().includes(prefix));
      }
      assert.notEqual(pair[0], pair[1]);
      others.push(pair);
    }
  });

  test('are ones that a browser sends to, as long as there are two', (t) => {
    const random = seededRandom(t);
    const draw = (limit: number): number => Math.floor(random() * limit);
    const refused = new Set<number>();
    for (let i = 0; i < 300; i++)
      for (const prefix of drawCodePorts({ used: new Set(), local: LOCAL, others: [], draw }) ?? [])
        for (const port of portsBrowsersRefuse(prefix * 1000, prefix * 1000 + 999)) refused.add(port);
    assert.deepEqual([...refused], []);
    const local = { first: 12_000, last: 65_535 };
    assert.deepEqual(drawCodePorts({ used: new Set(), local, others: [], draw })?.toSorted(), [10, 11]);
  });

  test('where nothing is free: blocks with services, then pairs that no door has, never local ports', (t) => {
    const random = seededRandom(t);
    const draw = (limit: number): number => Math.floor(random() * limit);
    const used = new Set(Array.from({ length: 20 }, (_, i) => 10_080 + i * 1000));
    assert.ok(drawCodePorts({ used, local: LOCAL, others: [], draw }) !== undefined);
    const local = { first: 12_000, last: 65_535 };
    const first = drawCodePorts({ used, local, others: [], draw }) as CodePorts;
    const second = drawCodePorts({ used, local, others: [first], draw }) as CodePorts;
    assert.deepEqual([...second].reverse(), first, 'the other order of the only two');
    assert.equal(drawCodePorts({ used, local, others: [first, second], draw }), undefined);
    assert.equal(drawCodePorts({ used, local: { first: 1024, last: 65_535 }, others: [], draw }), undefined);
  });

  test('the label has the recipe, no colon of its own, and fits into a QR code', () => {
    const label = {
      host: 'server.example.org',
      user: 'alice',
      secret: 'A'.repeat(32),
      ports: [17, 23],
    } as const;
    const uri = otpauthUri(label, 213);
    assert.equal(
      uri,
      `otpauth://totp/server.example.org:17___%2023___%20alice?secret=${'A'.repeat(32)}&issuer=server.example.org`,
    );
    const long = otpauthUri({ ...label, host: '2001:db8::1:2'.padEnd(120, 'x'), user: 'u'.repeat(32) }, 213);
    assert.ok(long.length <= 213, `${long.length}`);
    assert.equal(long.slice('otpauth://'.length).split(':').length, 2);
  });
});
