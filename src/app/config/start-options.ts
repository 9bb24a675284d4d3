import type { StartOptions } from '../../core/control/daemon-status.ts';
import { type Instant, instant } from '../../core/net/time.ts';
import { absolutePath } from '../../host/files/absolute-path.ts';
import type { DaemonOptions } from './daemon-options.ts';

/** The options of the last start, with its wall-clock time. */
export type RecordedStart = StartOptions & { readonly at: Instant };

export function startOptionsOf(options: DaemonOptions): StartOptions {
  const { configFile, interfaces, logFile, pidFile, ipv6, lookUpNames, isService } = options;
  return {
    configFile: absolutePath(configFile),
    ...(interfaces === undefined ? {} : { interfaces: interfaces.text }),
    ...(logFile === undefined || logFile === '' ? {} : { logFile: absolutePath(logFile) }),
    ...(pidFile === undefined ? {} : { pidFile: absolutePath(pidFile) }),
    ipv6,
    lookUpNames,
    isService: isService === true,
  };
}

/** Parses the JSON of a `RecordedStart`. `undefined` for anything else. */
export function parseRecordedStart(text: string): RecordedStart | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { at, configFile, interfaces, logFile, pidFile, ...flags } = value as Record<string, unknown>;
  if (typeof at !== 'number' || !Number.isFinite(at) || !isPath(configFile)) return undefined;
  return {
    at: instant(at),
    configFile,
    ...(typeof interfaces === 'string' ? { interfaces } : {}),
    ...(isPath(logFile) ? { logFile } : {}),
    ...(isPath(pidFile) ? { pidFile } : {}),
    ipv6: flags.ipv6 !== false,
    lookUpNames: flags.lookUpNames === true,
    isService: flags.isService === true,
  };
}

const isPath = (value: unknown): value is string => typeof value === 'string' && value.startsWith('/');
