import { spawnSync } from 'node:child_process';
import { hasLegacyTable } from './iptables-commands.ts';

/** BOUNDED: how long the tool may take, and how much it may say. */
const PATIENCE_MS = 3000;
const MAX_BYTES = 1 << 22;

/**
 * The first rule of a chain of the table filter that lets no packet pass to those behind it, as `iptables -S` writes it.
 * `undefined` where there is none, and where it may not be read.
 */
export function barrierIn(tool: string, chain: string): string | undefined {
  if (process.geteuid?.() !== 0) return undefined;
  const version = read(tool, '-V') ?? '';
  // Asked for a table that is not in use, iptables-legacy would make it.
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
