import { doorSet } from '../../src/core/iptables/part-names.ts';
import type { Namespace } from '../lab/namespace.ts';
import type { Program } from '../lab/program.ts';

/** INPUT drops everything but established connections; neighbour discovery lives (ARP never passes iptables). */
export async function shutFirewall(namespace: Namespace): Promise<void> {
  for (const iptables of ['/sbin/iptables', '/sbin/ip6tables']) {
    await namespace.run(iptables, '-w', '-P', 'INPUT', 'DROP');
    await namespace.run(
      iptables,
      ...['-w', '-A', 'INPUT', '-m', 'conntrack', '--ctstate', 'ESTABLISHED,RELATED', '-j', 'ACCEPT'],
    );
  }
  await namespace.run('/sbin/ip6tables', '-w', '-A', 'INPUT', '-p', 'icmpv6', '-j', 'ACCEPT');
}

/**
 * A kernel that has no sets of ipset for Bussa, which it notices by the first that it makes: somebody else has sets of
 * another kind by these names.
 */
export async function takeAwaySets(namespace: Namespace): Promise<void> {
  for (const [family, inet] of [
    [4, 'inet'],
    [6, 'inet6'],
  ] as const) {
    await namespace.run('ipset', 'create', doorSet('probe', family), 'hash:net', 'family', inet);
  }
}

/** `-A INPUT …` and `-D INPUT …` of IPv4 as they happen, one line each. */
export async function watchRules(namespace: Namespace): Promise<Program> {
  const monitor = namespace.start('stdbuf', '-oL', 'xtables-monitor', '-4', '--event');
  // It does not say when it has begun to listen: chains are made until it reports one.
  for (let i = 1; i <= 50; i++) {
    await namespace.run('/sbin/iptables', '-w', '-N', `WATCHED${i}`);
    const reported = await monitor.saw(/WATCHED/, 1, 100).catch(() => undefined);
    if (reported !== undefined) return monitor;
  }
  await monitor[Symbol.asyncDispose]();
  throw new Error(
    'xtables-monitor reports no event: does this kernel have nf_tables, and is iptables its front-end?',
  );
}
