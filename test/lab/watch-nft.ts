import type { Namespace } from './namespace.ts';
import type { Program } from './program.ts';

/** Whatever changes in nftables from now on, one line each. */
export async function watchNft(namespace: Namespace): Promise<Program> {
  const monitor = namespace.start('stdbuf', '-oL', 'nft', 'monitor');
  for (let i = 1; i <= 50; i++) {
    await namespace.run('nft', `add table inet watched${i}`);
    if (await monitor.saw(/watched/, 1, 100).catch(() => undefined)) return monitor;
  }
  throw new Error('nft monitor reports no event');
}
