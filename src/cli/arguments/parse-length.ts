import { readSeconds } from '../../core/config/values/parse-duration.ts';
import { MAX_TIMEOUT_SECONDS } from '../../core/config/values/parse-seconds.ts';
import { type Millis, seconds } from '../../core/net/time.ts';
import { UsageError } from './read-options.ts';

/**
 * Parses a duration as in the configuration, at least a second: `90s`, `10m`. Throws a `UsageError` that names the
 * option.
 */
export function parseLength(text: string, option: string): Millis {
  const length = readSeconds(text);
  if (length !== undefined && length > 0 && length <= MAX_TIMEOUT_SECONDS) return seconds(length);
  throw new UsageError(
    `bad length of time '${text}' for --${option}: give seconds, or a number with s, m, h or d, such as 90s, 10m or 2h`,
  );
}
