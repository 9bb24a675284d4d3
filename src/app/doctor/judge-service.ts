import { globSync, readFileSync, readlinkSync } from 'node:fs';
import type { Finding, Fix, Hint, StartKind } from '../../core/doctor/finding.ts';
import { look, ok, problem, unknown } from '../../core/doctor/finding.ts';
import { askDaemon, type DaemonReply, type DaemonSelector } from '../ask/ask-daemon.ts';
import { checkCommand, restartMethod, type SelectedDaemon, startMethod } from '../ask/start-method.ts';

/** The daemon's greeting. */
export const greetDaemon = (choice: DaemonSelector): Promise<DaemonReply<unknown>> =>
  askDaemon(choice, { verb: 'ping' });

/** `start`: how to start it; not used if it runs. */
export function judgeDaemon(reply: DaemonReply<unknown>, start: Fix<StartKind> | Hint): Finding {
  const id = 'daemon-running';
  switch (reply.kind) {
    case 'answer':
      return ok(id, 'the daemon answers at its control socket');
    case 'permission':
      return unknown(id, reply.message, look('sudo bussa doctor'));
    case 'no-daemon':
    case 'other-version':
      return problem(id, reply.message, start);
    default:
      return problem(id, reply.message, { hint: 'name the daemon: bussa doctor -c FILE' });
  }
}

/** How to start the daemon on this host. With a mistake in its configuration it would not start. */
export function startRemedy(
  reply: DaemonReply<unknown>,
  daemon: SelectedDaemon,
  isConfigGood: boolean,
): Fix<StartKind> | Hint {
  if (!isConfigGood) {
    const check = checkCommand(daemon.configFile);
    return { hint: `correct the configuration first, or it does not start; see: ${check}` };
  }
  const isHung = reply.kind === 'no-daemon' && reply.isHung === true;
  if (!isHung && reply.kind !== 'other-version') return startMethod(daemon);
  const way = restartMethod(daemon, isHung);
  if (way === undefined) return look('ps -ef | grep knockd');
  return { ...way, hint: 'open doors stay open during the restart' };
}

/** The original knockd, written in C, would add its own rules to the same firewall. */
export function judgeOthers(): Finding {
  const id = 'another-knockd';
  const own = linkOf('/proc/self/ns/net');
  const others = globSync('/proc/[0-9]*', { cwd: '/' }).filter((directory) => {
    const program = linkOf(`${directory}/exe`)?.replace(/ \(deleted\)$/, '');
    return program?.endsWith('/knockd') === true && linkOf(`${directory}/ns/net`) === own;
  });
  const [first] = others;
  if (first === undefined) return ok(id, 'no other knockd listens here');
  const pid = first.slice('/proc/'.length);
  const message = `another knockd runs (process ${pid}, ${linkOf(`${first}/exe`)}): both open doors at a knock`;
  const unit = unitOf(first);
  if (unit === undefined) return problem(id, message, { by: 'kill', command: `kill ${pid}` });
  return problem(id, message, {
    by: 'systemctl-disable',
    command: `systemctl disable --now ${unit}`,
  });
}

/** The unit that would restart it. A unit with Bussa's own name is left alone. */
function unitOf(directory: string): string | undefined {
  const unit = /\/system\.slice\/(?:[^\n/]+\/)*([A-Za-z0-9@:_.-]+\.service)$/m.exec(
    textOf(`${directory}/cgroup`),
  )?.[1];
  return unit === 'knockd.service' ? undefined : unit;
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // The process has ended, or belongs to another user.
    return undefined;
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
