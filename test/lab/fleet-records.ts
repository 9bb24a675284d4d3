import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import {
  BODY_KINDS,
  type FleetBody,
  type FleetLeaseId,
  type FleetRecord,
} from '../../src/core/fleet/fleet-record.ts';
import type { Member } from '../../src/core/fleet/member.ts';
import { renderRecord, signedBytes } from '../../src/core/fleet/render-record.ts';
import { type Address, parseAddress } from '../../src/core/net/address.ts';
import { prefixAround, prefixWidth } from '../../src/core/net/prefix.ts';
import { instant, millis } from '../../src/core/net/time.ts';

/** A member with both halves of its key. */
export type SigningMember = { readonly member: Member; readonly sign: (message: Uint8Array) => Uint8Array };

export function makeMember(
  name: string,
  rights: Partial<Pick<Member, 'doors' | 'bans'>> = {},
): SigningMember {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  const key = { kind: 'ed25519', point: Buffer.from(x, 'base64url') } as const;
  const member: Member = { name, key, doors: 'all', bans: false, line: 1, ...rights };
  return { member, sign: (message) => sign(null, message, privateKey) };
}

/** The bytes that go to the engine. */
export function signRecord(record: FleetRecord, by: SigningMember): Uint8Array {
  const rendered = renderRecord(record);
  return Buffer.concat([rendered, by.sign(signedBytes(rendered))]);
}

const hex = (digits: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: digits, maxLength: digits });

export const anyAddress: fc.Arbitrary<Address> = fc
  .oneof(fc.ipV4(), fc.ipV6())
  .map(parseAddress)
  .filter((parsed): parsed is Address => parsed !== undefined);

const prefix = fc
  .tuple(anyAddress, fc.nat(128))
  .map(([base, bits]) => prefixAround(base, Math.min(bits, prefixWidth(base))));

export const anyLeaseId = hex(16)
  .filter((digits) => !/^0+$/.test(digits))
  .map((digits) => digits as FleetLeaseId);

const door = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((name) => name.isWellFormed() && Buffer.byteLength(name) <= 64);
const rest = fc.integer({ min: 0, max: 2 ** 40 - 2 }).map(millis);
const lease = fc.record({ door, source: anyAddress, rest, lease: anyLeaseId });

const some = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { minLength: 1, maxLength: 10 });

export const anyBody: fc.Arbitrary<FleetBody> = fc.oneof(
  fc.record({ kind: fc.constantFrom('open', 'extend', 'hello'), leases: some(lease) }),
  fc.constant({ kind: 'hello' as const, leases: [] }),
  fc.record({
    kind: fc.constant('close' as const),
    ends: some(
      fc.record(
        { door, source: anyAddress, lease: anyLeaseId },
        { requiredKeys: ['door', 'source'], noNullPrototype: true },
      ),
    ),
  }),
  fc.record({
    kind: fc.constant('ban' as const),
    bans: some(fc.record({ who: prefix, rest }, { requiredKeys: ['who'], noNullPrototype: true })),
  }),
  fc.record({ kind: fc.constant('unban' as const), lifted: some(prefix) }),
);

const name = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$/);

export const anyRecord: fc.Arbitrary<FleetRecord> = fc.record({
  fleet: name,
  member: name,
  epoch: hex(16),
  number: fc.integer({ min: 1, max: 2 ** 48 - 1 }),
  at: fc.integer({ min: 0, max: 2 ** 48 - 1 }).map(instant),
  body: anyBody,
});

export const ALL_KINDS: ReadonlySet<string> = new Set(BODY_KINDS);
