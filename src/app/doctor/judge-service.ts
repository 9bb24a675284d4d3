import { existsSync, globSync, readFileSync, readlinkSync } from 'node:fs';
import type { Config } from '../../core/config/file/config.ts';
import type { Finding } from '../../core/doctor/finding.ts';
import { ok, problem, unknown, warning } from '../../core/doctor/finding.ts';
import type { Millis } from '../../core/net/time.ts';
import { renderDiagnostic } from '../../core/text/diagnostic.ts';
import { outputOf } from '../../host/firewall/iptables/iptables-commands.ts';
import { askDaemon, type DaemonSelector } from '../ask/ask-daemon.ts';
import type { JudgedFile } from '../ask/find-judged.ts';
import { check } from '../config/check.ts';
import { renderTrial } from '../trial/render-trial.ts';

/** Where logrotate(8) is told what to do. */
const ROTATION_FILES = ['/etc/logrotate.conf', '/etc/logrotate.d/*'];

export type JudgedConfig = { readonly findings: readonly Finding[]; readonly config?: Config };

export function judgeConfiguration({ file, from }: JudgedFile): JudgedConfig {
  const verdict = check(file);
  const { diagnostics } = verdict;
  const remedy = `bussa check ${file}`;
  const id = 'configuration';
  const last = from === 'last' ? '; no daemon answers, and the last one used this file' : '';
  const [first] = diagnostics.filter(
    ({ severity }) => severity === (verdict.kind === 'bad' ? 'error' : 'warning'),
  );
  if (verdict.kind === 'bad') {
    const message = `${first === undefined ? `${file} is bad` : renderDiagnostic(first)}${last}`;
    return { findings: [problem(id, message, remedy)] };
  }
  const { config } = verdict;
  if (first === undefined) return { config, findings: [ok(id, `${file} is good${last}`)] };
  const more = diagnostics.length === 1 ? '' : ` (and ${diagnostics.length - 1} more)`;
  return { config, findings: [warning(id, `${renderDiagnostic(first)}${more}${last}`, remedy)] };
}

export async function judgeDaemon(choice: DaemonSelector): Promise<Finding> {
  const id = 'daemon-running';
  const reply = await askDaemon(choice, { verb: 'ping' });
  if (reply.kind === 'answer') return ok(id, 'the daemon answers at its control socket');
  if (reply.kind === 'permission') return unknown(id, reply.message, 'sudo bussa doctor');
  const verb = reply.kind === 'other-version' ? 'restart' : 'start';
  return problem(id, reply.message, `systemctl ${verb} knockd`);
}

/** The knockd written in C would knock its own rules into the same firewall. */
export function judgeOthers(): Finding {
  const id = 'another-knockd';
  const own = linkOf('/proc/self/ns/net');
  const others = globSync('/proc/[0-9]*').filter((directory) => {
    const program = linkOf(`${directory}/exe`)?.replace(/ \(deleted\)$/, '');
    return program?.endsWith('/knockd') === true && linkOf(`${directory}/ns/net`) === own;
  });
  const [first] = others;
  if (first === undefined) return ok(id, 'no other knockd listens here');
  const pid = first.slice('/proc/'.length);
  const message = `another knockd runs (process ${pid}, ${linkOf(`${first}/exe`)}): both open doors at a knock`;
  return problem(id, message, `kill ${pid}`);
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // A process that has ended, or somebody else's.
    return undefined;
  }
}

/** `trialLeft`: of the service, which is enabled by its confirmation. */
export async function judgeUnit(trialLeft: Millis | undefined): Promise<Finding> {
  const id = 'service-enabled';
  if (!existsSync('/run/systemd/system')) {
    return unknown(id, 'this host does not run systemd: what starts the daemon at boot is not known');
  }
  // From the disk, so that nobody has to be asked. It prints the state, and fails for most of them.
  const state =
    (await outputOf('sh', ['-c', 'systemctl --root=/ is-enabled knockd.service 2>&1 || true']))?.trim() ?? '';
  if (/^(?:enabled|static|alias|indirect|generated)/.test(state)) return judgeDefaults(id, state);
  if (trialLeft !== undefined) {
    const message = `the service is on trial (${renderTrial(trialLeft)}): it starts at boots once it is confirmed`;
    return warning(id, message, 'bussa confirm');
  }
  return problem(
    id,
    `after a boot knockd does not start (systemctl: ${state || 'no answer'})`,
    'systemctl enable knockd',
  );
}

/** Debian's switch, which the unit asks. */
function judgeDefaults(id: string, state: string): Finding {
  const file = '/etc/default/knockd';
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return ok(id, `knockd.service is ${state}`);
  }
  const value = /^\s*START_KNOCKD=["']?([^"'\s#]*)/m.exec(text)?.[1];
  if (value === undefined || value === '1') return ok(id, `knockd.service is ${state}`);
  const remedy = `sed -i 's/^ *START_KNOCKD=.*/START_KNOCKD=1/' ${file}`;
  return problem(id, `${file} says START_KNOCKD=${value}, so the service does not start`, remedy);
}

export function judgeRotation({ settings: { logFile } }: Config): Finding {
  const id = 'log-rotation';
  if (logFile === undefined) return ok(id, 'the log goes to the system’s, which keeps it in bounds');
  const names = globSync(ROTATION_FILES).some((file) => textOf(file).includes(logFile));
  if (names) return ok(id, `logrotate knows ${logFile}`);
  const entry = `${logFile} { weekly rotate 4 compress missingok copytruncate }`;
  const message = `nothing rotates ${logFile}: it grows for ever`;
  return warning(id, message, `echo '${entry.replaceAll("'", "'\\''")}' > /etc/logrotate.d/bussa-log`);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
