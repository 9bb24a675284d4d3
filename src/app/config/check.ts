import { statSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { dirname } from 'node:path';
import { advise } from '../../core/config/advice/advise.ts';
import type { HostFacts } from '../../core/config/advice/written-door.ts';
import type { Config } from '../../core/config/file/config.ts';
import type { Exposure } from '../../core/control/daemon-status.ts';
import { BLIND_SHARE, isShareBlind } from '../../core/decoy/decoy-ports.ts';
import type { Door } from '../../core/door/door.ts';
import { renderCaptureFilter } from '../../core/filter/capture-filter.ts';
import type { Diagnostic } from '../../core/text/diagnostic.ts';
import { escapeText } from '../../core/text/quote-text.ts';
import { adviseUsers } from '../../core/users/advise-users.ts';
import { findProgram } from '../../host/files/find-program.ts';
import { readWhole } from '../../host/files/read-whole.ts';
import { endsLeases } from '../../host/firewall/choice/ends-leases.ts';
import { blockingRuleIn } from '../../host/firewall/iptables/blocking-rule.ts';
import { readInterfaces } from '../../host/interfaces/interfaces.ts';
import { readEphemeralPorts, readServedBy } from '../../host/ports/host-ports.ts';
import { authorityFiles } from './authority.ts';
import { exposureDiagnostics } from './exposure-diagnostics.ts';
import { type LoadedConfig, loadConfig } from './load-config.ts';
import { readOneTimeFile } from './one-time-doors.ts';

/** The result of checking a configuration. `good`: no errors, with the capture filter for its knocks. */
export type Verdict =
  | {
      readonly kind: 'good';
      readonly config: Config;
      readonly diagnostics: readonly Diagnostic[];
      /** pcap-filter(7) syntax, without the decoy ports that a daemon adds. */
      readonly filter: string;
    }
  | Extract<LoadedConfig, { kind: 'bad' }>;

/**
 * Checks a configuration without any other effect: its errors or, without errors, its warnings, on this host as it is
 * now. `exposure`: what the running daemon knows about its ports.
 */
export function check(configFile: string, exposure?: Exposure): Verdict {
  const loaded = loadConfig(configFile);
  if (loaded.kind === 'bad') return loaded;
  const { config, bytes, warnings } = loaded;
  const oneTime = readOneTimeDoors(config);
  const users = loaded.authority?.users.users.map(({ name }) => name);
  const facts = { ...readHostFacts(), ...(users === undefined ? {} : { users }) };
  const advice = advise(configFile, bytes, oneTime.doors, facts);
  const judged = exposure === undefined ? [] : exposureDiagnostics(configFile, bytes, exposure);
  const diagnostics = [...warnings, ...advice, ...judged].sort((a, b) => byPlace(a, b));
  const doors = config.doors.flatMap((spec) => {
    const source = spec.sequenceSource;
    const door =
      source.kind === 'fixed' ? { ...spec, sequence: source.sequence } : oneTime.doors.get(spec.name);
    return door === undefined ? [] : [door];
  });
  const filter = renderCaptureFilter(doors, { ipv6: true });
  const told = [...diagnostics, ...oneTime.warnings, ...judgeUsersFile(config)];
  return { kind: 'good', config, diagnostics: told, filter };
}

function judgeUsersFile(config: Config): readonly Diagnostic[] {
  const files = authorityFiles(config);
  return files === undefined ? [] : adviseUsers(files.users, readWhole(files.users), config.doors);
}

function readOneTimeDoors({ doors }: Config) {
  const found = new Map<string, Door>();
  const warnings: Diagnostic[] = [];
  for (const spec of doors) {
    const { sequenceSource: source, name } = spec;
    if (source.kind !== 'one-time') continue;
    const place = { file: source.path, line: 1, column: 1 };
    const file = readOneTimeFile(source.path, 'judged');
    if (file.kind === 'unusable') {
      const message = `[${escapeText(name)}] stays shut: its one-time sequences ${file.what}: ${file.reason}`;
      warnings.push({ severity: 'warning', id: 'one-time-unusable', place, message });
      continue;
    }
    warnings.push(...file.warnings);
    if (file.next !== undefined) {
      found.set(name, { ...spec, sequence: file.next.sequence });
      continue;
    }
    const message = `no sequence is left for [${escapeText(name)}], and it stays shut: add lines to this file`;
    warnings.push({ severity: 'warning', id: 'no-sequences-left', place, message });
  }
  return { doors: found, warnings };
}

function readHostFacts(): HostFacts {
  const served = { tcp: readServedBy('tcp'), udp: readServedBy('udp') };
  const localPorts = readEphemeralPorts();
  return {
    serves: (protocol, port) => served[protocol].has(port),
    hasProgram: (name) => findProgram(name) !== undefined,
    hasIpv6: Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      // RFC 4291 section 2.5.6: fe80::/10 is valid only on its link.
      .some(({ family, internal, address }) => family === 'IPv6' && !internal && !/^fe[89ab]/i.test(address)),
    localPorts,
    blindShare: (door) => (isShareBlind([door], localPorts) ? BLIND_SHARE : undefined),
    interfaces: interfaceNames(),
    hasDirectoryOf,
    blockingRuleIn,
    endsLeases: () => findProgram('iptables') === undefined || endsLeases(),
  };
}

/** A path that may not be looked at is not reported as missing. */
function hasDirectoryOf(path: string): boolean {
  try {
    return statSync(dirname(path)).isDirectory();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code !== 'ENOENT' && code !== 'ENOTDIR';
  }
}

function interfaceNames(): readonly string[] | undefined {
  try {
    return readInterfaces({ routes: false }).map(({ name }) => name);
  } catch {
    return undefined;
  }
}

function byPlace({ place: a }: Diagnostic, { place: b }: Diagnostic): number {
  return a.line - b.line || a.column - b.column;
}
