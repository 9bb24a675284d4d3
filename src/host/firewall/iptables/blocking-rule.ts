import { spawnSync } from 'node:child_process';
import { hasLegacyTable } from './iptables-commands.ts';

/** BOUNDED: the tool's run time and output. */
const PATIENCE_MS = 3000;
const MAX_BYTES = 1 << 22;

/**
 * The first rule in a chain of the filter table that lets no packet reach the rules after it, in the form of `iptables
 * -S`. `undefined`: there is none, or it may not be read.
 */
export function blockingRuleIn(tool: string, chain: string): string | undefined {
  if (process.geteuid?.() !== 0) return undefined;
  const version = read(tool, '-V') ?? '';
  // Listing a table that is not in use would make iptables-legacy create it.
  const family = tool.startsWith('ip6') ? 6 : 4;
  if (!version.includes('nf_tables') && !hasLegacyTable(family)) return undefined;
  return read(tool, '-S', chain)
    ?.split('\n')
    .find((rule) => /^-A \S+ -j (?:DROP|REJECT(?: --reject-with \S+)?)$/.test(rule));
}

function read(tool: string, ...args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(tool, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: PATIENCE_MS,
    maxBuffer: MAX_BYTES,
  });
  return status === 0 ? stdout : undefined;
}
