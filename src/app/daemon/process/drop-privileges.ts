import { statSync } from 'node:fs';
import type { Config } from '../../../core/config/file/config.ts';
import { descriptorOf } from '../../../host/files/descriptor-name.ts';
import { isProgram } from '../../../host/files/find-program.ts';
import { maskOf, readPrivileges } from '../../../host/privileges/capabilities.ts';
import { dropCapabilities, hasOnlyCapabilities, withOnly } from '../../../host/privileges/drop-privileges.ts';
import { findGroup } from '../../../host/privileges/find-group.ts';
import { reexec } from '../../../host/privileges/reexec.ts';
import { ownCommand } from '../../../host/self/own-program.ts';
import { commandsIn } from '../../config/commands-in.ts';
import type { DaemonOptions } from '../../config/daemon-options.ts';
import { findUnreachable } from './reachable-files.ts';
import { READY_FD, STARTUP_SIGNAL } from './startup-signal.ts';
import { hasStoredCommands } from './stored-commands.ts';

/** `hasDropped`: by this daemon itself, so that a restart has all privileges again. */
export type PrivilegeDrop =
  | { readonly kind: 'done'; readonly hasDropped: boolean; readonly warnings: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: string };

/** Packet capture and the firewall: all that doors without commands need. */
const KEPT = maskOf('CAP_NET_RAW', 'CAP_NET_ADMIN');

/** Passed through the re-exec. It contains the pid, which stays the same, so it is void for any other process. */
const MARK = 'BUSSA_PRIVILEGES_DROPPED';

/**
 * Drops every privilege that doors without commands do not need. Re-executes this program once for that; the pid stays.
 * If commands or hooks are configured, the privileges are kept for them.
 */
export function dropPrivileges(options: DaemonOptions, config: Config): PrivilegeDrop {
  const mark = consumeMark();
  const commands = commandsIn(config);
  if (commands.length > 0) return mark === undefined ? keepForCommands(commands) : refuseChanged(options);
  if (mark !== undefined) return { kind: 'done', hasDropped: true, warnings: warningsOf(mark) };
  if (hasOnlyCapabilities(KEPT)) return { kind: 'done', hasDropped: false, warnings: [] };
  if (hasStoredCommands(options.stateDirectory)) {
    return keepAll('stop commands of an earlier configuration are still pending, and may need them');
  }
  if (!canReadAgain(options.configFile)) {
    return keepAll(`dropping them means reading ${options.configFile} a second time, and it is not a file`);
  }
  const { file } = ownCommand();
  if (!isProgram(file)) return keepAll(`dropping them means executing ${file} again, and it does not exist`);
  return dropAndReexec(options, config);
}

function dropAndReexec(options: DaemonOptions, config: Config): never {
  joinGroup(config.settings.controlGroup);
  const unreachable = withOnly(KEPT, () => findUnreachable(options, config));
  dropCapabilities(unreachable === undefined ? KEPT : KEPT | maskOf('CAP_DAC_OVERRIDE'));
  const configFd = descriptorOf(options.configFile);
  const fds = [...(options.background ? [READY_FD] : []), ...(configFd === undefined ? [] : [configFd])];
  reexec(fds, {
    ...(options.background ? STARTUP_SIGNAL : {}),
    [MARK]: `${process.pid} ${unreachable ?? ''}`,
  });
}

/** Without CAP_CHOWN only a member of a group may give a file to it. */
function joinGroup(name: string | undefined): void {
  const group = name === undefined ? undefined : findGroup(name);
  if (group === undefined) return;
  try {
    process.setgroups?.([...new Set([...(process.getgroups?.() ?? []), group])]);
  } catch {
    // If the group cannot be used, the error is reported when it is needed.
  }
}

/**
 * What was unreachable according to the mark, empty for nothing; `undefined` without a mark. Removes the mark, so that
 * programs do not inherit it.
 */
function consumeMark(): string | undefined {
  const [, pid, unreachable] = /^([0-9]+) (.*)$/s.exec(process.env[MARK] ?? '') ?? [];
  delete process.env[MARK];
  return pid === String(process.pid) ? unreachable : undefined;
}

function warningsOf(unreachable: string): string[] {
  if (unreachable === '') return [];
  return [
    `CAP_DAC_OVERRIDE is kept besides CAP_NET_RAW and CAP_NET_ADMIN, because without it root cannot use ${unreachable}: ` +
      'give it, and the directories above it, to root to run with only these two',
  ];
}

function keepAll(reason: string): PrivilegeDrop {
  return { kind: 'done', hasDropped: false, warnings: [`all privileges are kept: ${reason}`] };
}

/** The unit for doors without commands may give them fewer privileges than they need. */
function keepForCommands(commands: readonly string[]): PrivilegeDrop {
  const isPoor = process.geteuid?.() === 0 && hasOnlyCapabilities(KEPT);
  const held =
    (readPrivileges().permitted & KEPT) === KEPT
      ? 'CAP_NET_RAW and CAP_NET_ADMIN'
      : 'less than CAP_NET_RAW and CAP_NET_ADMIN';
  const warning =
    `${commands.join(', ')} run with ${held} and can gain nothing more: if they need more, let the service keep it, ` +
    'with packaging/knockd-commands.conf';
  return { kind: 'done', hasDropped: false, warnings: isPoor ? [warning] : [] };
}

function refuseChanged({ configFile }: DaemonOptions): PrivilegeDrop {
  return {
    kind: 'refused',
    reason: `${configFile} gained commands or hooks while privileges were being dropped: start the daemon again`,
  };
}

/** A second open of a named pipe would wait for another writer. */
function canReadAgain(file: string): boolean {
  if (descriptorOf(file) !== undefined) return true;
  try {
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
