/** What the kernel passes for codes: the two blocks of each door, by TCP's opening packets and UDP, and what touches a decoy port. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DecoyPorts } from '../../src/core/decoy/decoy-ports.ts';
import { drawShare } from '../../src/core/decoy/port-share.ts';
import type { CodePorts } from '../../src/core/door/code-ports.ts';
import { renderCaptureFilter } from '../../src/core/filter/capture-filter.ts';
import { compileFilter } from '../../src/host/ffi/libpcap.ts';
import { seeded } from '../lab/seed.ts';
import { door } from '../unit/attempt/knocks.ts';
import { codeDoor } from '../unit/code/code-knocks.ts';
import { ipPacket, renderIpPacket } from './ip-packet.ts';
import { runFilter } from './run-filter.ts';

const HOST = { served: [{ first: 22, last: 22 }], ephemeral: { first: 32_768, last: 60_999 } };
const prefix = fc.integer({ min: 1, max: 64 });
const pairs = fc.uniqueArray(fc.tuple(prefix, prefix), {
  minLength: 1,
  maxLength: 6,
  selector: ([a, b]) => `${a} ${b}`,
});
const isOpening = (flags: number): boolean => (flags & 0b01_0111) === 2;

/** A compiled filter is as the doors are. */
function compile(list: readonly CodePorts[], sequence: string | undefined, isGuarded: boolean) {
  const codes = list.map((ports, i) => codeDoor(`c${i}`, ports));
  const doors = sequence === undefined ? [] : [door('s', sequence, { flags: { mask: 2, value: 2 } })];
  const decoys = new DecoyPorts(doors, HOST, drawShare([1, 2]), codes);
  const text = renderCaptureFilter(doors, { ipv6: true, codes, ...(isGuarded ? { decoys } : {}) });
  return { filter: compileFilter(text, 65_535), decoys };
}

describe('the filter of doors that accept codes', () => {
  test('passes each half of a code, and what touches a decoy port; without a guard nothing else', (t) => {
    const property = fc.property(
      pairs,
      fc.option(fc.constant('5123,9471,30012'), { nil: undefined }),
      fc.boolean(),
      fc.array(ipPacket, { minLength: 20, maxLength: 60 }),
      fc.nat(),
      (list, sequence, isGuarded, packets, pick) => {
        const { filter, decoys } = compile(list as readonly CodePorts[], sequence, isGuarded);
        for (const [i, one] of packets.entries()) {
          const block = list[(pick + i) % list.length]?.[i % 2] ?? 1;
          const port = i % 3 === 0 ? one.destinationPort : block * 1000 + ((pick + i * 37) % 1000);
          const packet = { ...one, destinationPort: port, extensions: [], tcpOptions: 0, ipOptions: 0 };
          const isPassed = runFilter(filter, renderIpPacket(packet)) > 0;
          const inBlock = list.flat().includes(Math.floor(port / 1000));
          const isHalf = inBlock && (packet.protocol === 17 || isOpening(packet.flags));
          if (isHalf) assert.ok(isPassed, `${port} ${packet.protocol} ${packet.flags} is half of a code`);
          const isTouch =
            isGuarded && decoys.touchedBy(packet.protocol, port, packet.protocol === 6 ? packet.flags : 0);
          if (isTouch) assert.ok(isPassed, `${port} ${packet.protocol} ${packet.flags} is a touch`);
          if (inBlock)
            assert.equal(decoys.touchedBy(packet.protocol, port, packet.flags), false, 'no decoy in a block');
          const isKnock = sequence?.split(',').includes(`${port}`) === true;
          if (!isGuarded && !isHalf && !isKnock) assert.equal(isPassed, false, `${port} ${packet.protocol}`);
        }
      },
    );
    fc.assert(property, seeded(t));
  });

  test('stays far below what the kernel takes', () => {
    const many = Array.from({ length: 10 }, (_, i): CodePorts => [10 + 2 * i, 11 + 2 * i]);
    assert.ok(compile(many, '5123,9471,30012', true).filter.instructions < 400);
    const { instructions } = compile([[17, 23]], undefined, false).filter;
    assert.ok(instructions <= 60, `${instructions} instructions`);
  });
});
