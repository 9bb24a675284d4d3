/** Grants for an IPv6 prefix, on every kind of host: of generated lengths and addresses, as a real connection meets them. */
import { describe, type TestContext } from 'node:test';
import { type Address, addressWords, renderAddress } from '../../src/core/net/address.ts';
import { prefixAround } from '../../src/core/net/prefix.ts';
import { gate } from '../lab/example-gates.ts';
import { seededRandom } from '../lab/seeded-random.ts';
import { addAddresses, CLIENT } from '../lab/wire.ts';
import { type Driver, FirewallFixture, type Prober } from './firewall-fixture.ts';
import { MINUTE, SITUATIONS, testOn } from './firewall-situations.ts';

const SHORTEST = 48;
const LONGEST = 127;

/** `one` and `other` share the prefix, `outside` differs from them in its last bit. */
type Prefixed = Record<'base' | 'one' | 'other' | 'outside', Address> & { readonly length: number };

for (const [lane, situation] of SITUATIONS.entries()) {
  describe(`grants of IPv6 prefixes, ${situation.name}`, { concurrency: 2 }, () => {
    const test = testOn(situation);
    test('let in the whole prefix, and no address outside of it', async (t) => {
      await using stage = await FirewallFixture.create(situation);
      await using prober = await stage.openProber();
      await using firewall = await stage.openFirewall();
      for (const prefix of await drawPrefixes(t, stage, lane)) {
        const { base, one, other, outside, length } = prefix;
        await firewall.install([
          { ...gate('lasting', 'tcp/22, udp/51820'), prefix6: length },
          { ...gate('cut', 'tcp/8000'), closeKills: true, prefix6: length },
        ]);
        for (const door of ['lasting', 'cut']) await firewall.grant(door, base, MINUTE);
        for (const source of [one, other]) await assertAll(prober, 'assertOpen', source);
        for (const source of [outside, CLIENT]) await assertAll(prober, 'assertShut', source);
        await firewall.grant('lasting', CLIENT, MINUTE);
        await prober.assertOpen('tcp', CLIENT, 22);
        for (const door of ['lasting', 'cut']) await firewall.revoke(door, base);
        await assertAll(prober, 'assertShut', other);
        await prober.assertOpen('tcp', CLIENT, 22);
      }
    });

    test('that are for one use are used up by one address of the prefix, and kept through a crash', async (t) => {
      await using stage = await FirewallFixture.create(situation);
      await using prober = await stage.openProber();
      for (const { base, one, other, outside, length } of await drawPrefixes(t, stage, lane)) {
        const gates = [{ ...gate('once', 'tcp/22', true), prefix6: length }];
        const grants = [{ door: 'once', source: base, left: MINUTE }];
        await using first = await stage.openFirewall();
        await first.install(gates);
        await first.grantAll(grants);
        await prober.assertShut('tcp', outside, 22);
        await first.kill();
        await using second = await stage.openFirewall();
        await assertAgain(second, gates, grants);
        await prober.assertOpen('tcp', one, 22);
        await prober.assertShut('tcp', other, 22);
        await assertAgain(second, gates, grants);
        await prober.assertShut('tcp', other, 22);
      }
    });
  });
}

async function assertAll(
  prober: Prober,
  assertion: 'assertOpen' | 'assertShut',
  source: string,
): Promise<void> {
  await prober[assertion]('tcp', source, 22);
  await prober[assertion]('udp', source, 51820);
  await prober[assertion]('tcp', source, 8000);
}

/** What stands in the kernel tells of every grant whether it was used. */
async function assertAgain(firewall: Driver, ...all: Parameters<Driver['install']>): Promise<void> {
  const unknown = await firewall.install(...all);
  if (unknown.length > 0) throw new Error('nothing tells whether the grant was used');
  if (!(await firewall.isInPlace())) throw new Error('its part does not stand as it was installed');
}

/** The one that people write, and one of any length: both at the same doors, one after the other. */
async function drawPrefixes(
  t: TestContext,
  stage: FirewallFixture,
  lane: number,
): Promise<readonly Prefixed[]> {
  const random = seededRandom(t, lane);
  const lengths = [64, SHORTEST + Math.floor(random() * (LONGEST - SHORTEST + 1))];
  const drawn = lengths.map((length) => drawPrefix(random, length));
  t.diagnostic(drawn.map(({ one, other, outside }) => `${one} ${other}, not ${outside}`).join('; '));
  const { client, server } = stage.wire;
  for (const { one, other, outside } of drawn) await addAddresses(client, 'eth0', one, other, outside);
  await server.ip('-6 route add fd30::/12 dev eth0');
  return drawn;
}

function drawPrefix(random: () => number, length: number): Prefixed {
  const word = (): number => Math.floor(random() * 2 ** 32);
  const one = renderAddress(6, (0xfd3f_0000 | (word() & 0xffff)) >>> 0, word(), word(), word());
  const outside = flip(one, length - 1);
  return { base: prefixAround(one, length).base, one, other: flip(one, 127), outside, length };
}

function flip(address: Address, bit: number): Address {
  const words = addressWords(address).map((word, i) =>
    i === bit >> 5 ? (word ^ (1 << (31 - (bit & 31)))) >>> 0 : word,
  );
  return renderAddress(6, words[0] ?? 0, words[1] ?? 0, words[2] ?? 0, words[3] ?? 0);
}
