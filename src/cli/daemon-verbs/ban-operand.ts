import { readSeconds } from '../../core/config/values/parse-duration.ts';
import { type Prefix, parsePrefix, unmappedPrefix } from '../../core/net/prefix.ts';
import { type Millis, seconds } from '../../core/net/time.ts';
import type { Operand } from '../arguments/option.ts';
import { UsageError } from '../arguments/read-options.ts';

export const SOURCE_OPERAND: Operand = {
  name: 'IP',
  summary: 'an address, or a prefix such as 192.0.2.0/24',
  completes: 'host',
};

/** Ten years. A longer ban must be permanent. */
const MAX_SECONDS = 10 * 365 * 86_400;

/** Throws a `UsageError`. */
export function parseBanTarget(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix !== undefined) return unmappedPrefix(prefix);
  throw new UsageError(
    `bad address '${text}': give an IPv4 or IPv6 address, or a prefix such as 192.0.2.0/24 with no bits set beyond its length`,
  );
}

/** Throws a `UsageError`. */
export function readLength(text: string, option: string): Millis {
  const length = readSeconds(text);
  if (length !== undefined && length > 0 && length <= MAX_SECONDS) return seconds(length);
  throw new UsageError(
    `bad time '${text}' for --${option}: give whole seconds, or a number with s, m, h or d, as in 90s, 10m, 2h or 1d, ten years at most`,
  );
}
