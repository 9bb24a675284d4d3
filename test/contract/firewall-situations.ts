import { type TestContext, test } from 'node:test';
import { repeats } from '../lab/effort.ts';
import { gate } from '../lab/example-gates.ts';
import { SEED } from '../lab/seed.ts';
import type { Situation } from './firewall-fixture.ts';
import { IPTABLES_SITUATIONS } from './iptables-situations.ts';
import { NFTABLES_SITUATIONS } from './nftables-situations.ts';

/** A new adapter or host is one more entry. */
export const SITUATIONS: readonly Situation[] = [...NFTABLES_SITUATIONS, ...IPTABLES_SITUATIONS];

/** The name is as hostile as the configuration lets it be. */
export const DOOR = 'my "door"; flush ruleset #ü';
export const GATES = [gate(DOOR, 'tcp/22, tcp/8000-8010, udp/51820'), gate('web', 'tcp/8080 forward')];
export const MINUTE = 60_000;

/** In `npm test` each case is tried on every third kind of host, by the seed on others in each run. */
const STRIDE = repeats('BUSSA_HOST_STRIDE', { quick: 3, full: 1 });

const cases = new Map<string, number>();

/**
 * test() for a case that is the same on several kinds of hosts. Each run has every case on some of these hosts and, where
 * there are three cases, every host; BUSSA_EFFORT=full has all cases on all hosts.
 */
export function testOn(
  situation: Situation,
  hosts = SITUATIONS,
): (name: string, work: (t: TestContext) => Promise<void>) => void {
  return (name, work) => {
    const nth = cases.get(name) ?? cases.size;
    cases.set(name, nth);
    const at = hosts.indexOf(situation);
    const stride = Math.min(STRIDE, hosts.length);
    if (at === -1 || (at + nth + Math.abs(SEED)) % stride !== 0) return;
    test(name, (t) => {
      if (stride > 1) t.diagnostic(`on this host by seed ${SEED}; on all: BUSSA_EFFORT=full`);
      return work(t);
    });
  };
}
