import { chmodSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import type { Namespace } from './namespace.ts';
import type { TempDirectory } from './temp-directory.ts';

/** Debian's. */
const CHROMIUM = '/usr/bin/chromium';

/**
 * A Chromium inside of a namespace, driven by Playwright, for pages with buttons; whoever starts it closes it. Root's has no
 * sandbox. Playwright turns features off that have to do with the network (HttpsUpgrades): what a browser sends by itself is
 * tried with `Chromium`.
 */
export function startBrowser(place: Namespace, directory: TempDirectory): Promise<Browser> {
  const launcher = directory.file(
    `chromium-${place.name}`,
    `#!/bin/sh\nexec ip netns exec ${place.name} ${CHROMIUM} "$@"\n`,
  );
  chmodSync(launcher, 0o700);
  return chromium.launch({ executablePath: launcher, args: ['--no-sandbox', '--disable-gpu'] });
}
