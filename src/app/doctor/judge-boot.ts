import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Finding } from '../../core/doctor/finding.ts';
import { ok, problem, unknown, warning } from '../../core/doctor/finding.ts';
import type { Millis } from '../../core/net/time.ts';
import { quoteWord } from '../../core/text/quote-word.ts';
import { findProgram } from '../../host/files/find-program.ts';
import { outputOf } from '../../host/firewall/iptables/iptables-commands.ts';
import { ownLauncher } from '../../host/self/own-program.ts';
import { findInstalledService, type InstalledService } from '../../host/service-manager/installed-service.ts';
import { isSystemdRunning } from '../../host/service-manager/systemd.ts';
import { bussaCommand, isOfService, type SelectedDaemon, startMethod } from '../ask/start-method.ts';
import { DEFAULTS_FILE, startSwitch } from '../ask/start-switch.ts';
import { renderTrial } from '../trial/render-trial.ts';

const PACKAGED_UNIT = fileURLToPath(new URL('../../../packaging/knockd.service', import.meta.url));
const KNOCKD = new URL('../../../bin/knockd', import.meta.url).href;
const UNIT = '/etc/systemd/system/knockd.service';

/** Whether the daemon starts at boot. `trialLeft`: time left of the service's trial, whose confirmation enables it. */
export async function judgeBoot(daemon: SelectedDaemon, trialLeft: Millis | undefined): Promise<Finding> {
  const id = 'service-enabled';
  if (!isSystemdRunning()) return judgeScript(daemon);
  // Read from the disk, so no running manager is needed. systemctl prints the state, and exits with an error for most
  // states.
  const state =
    (await outputOf('sh', ['-c', 'systemctl --root=/ is-enabled knockd.service 2>&1 || true']))?.trim() ?? '';
  if (/^(?:enabled|static|alias|indirect|generated)/.test(state)) return judgeSwitch(state);
  if (trialLeft !== undefined) {
    const message = `the service is on trial (${renderTrial(trialLeft)}): it starts at boot once it is confirmed`;
    return warning(id, message, { by: 'confirm', command: bussaCommand('confirm', daemon) });
  }
  const message = `after a boot knockd does not start (systemctl: ${state.split('\n').at(-1) || 'no answer'})`;
  if (!isOfService(daemon)) {
    return problem(id, message, { hint: hintForOther(daemon) });
  }
  const service = findInstalledService('knockd');
  if (service.kind === 'masked') {
    const command = allowed('systemctl unmask knockd && systemctl enable knockd', service);
    return problem(id, message, { by: 'systemctl-unmask', command });
  }
  if (service.kind !== 'none') {
    return problem(id, message, {
      by: 'systemctl-enable',
      command: allowed('systemctl enable knockd', service),
    });
  }
  if (!existsSync(PACKAGED_UNIT)) {
    return problem(id, message, { hint: "install Bussa's package, which contains the unit" });
  }
  const command = installUnit();
  if (command === undefined)
    return problem(id, message, { hint: `write a unit; ${PACKAGED_UNIT} is an example` });
  const packaged: InstalledService = { kind: 'unit', text: readFileSync(PACKAGED_UNIT, 'utf8') };
  return problem(id, message, { by: 'install-unit', command: allowed(command, packaged) });
}

/** Only a service that reads the options file needs it. */
function hintForOther(daemon: SelectedDaemon): string {
  const service = findInstalledService('knockd');
  if (service.kind === 'none' || !service.text.includes(DEFAULTS_FILE))
    return `no service starts this daemon: start it at boot with: ${startMethod(daemon).command}`;
  return `this daemon was not started by the service: put its options into KNOCKD_OPTS in ${DEFAULTS_FILE}, then systemctl enable knockd`;
}

/** For a host whose init is not systemd. */
function judgeScript(daemon: SelectedDaemon): Finding {
  const id = 'service-enabled';
  const script = findInstalledService('knockd');
  if (script.kind === 'none' || !isOfService(daemon)) {
    const why = 'this host does not run systemd: how the daemon starts at boot is not known';
    return unknown(id, why, { hint: `start it at boot with: ${startMethod(daemon).command}` });
  }
  const isOpenRc = existsSync('/run/openrc');
  const places = isOpenRc ? '/etc/runlevels/*/knockd' : '/etc/rc[2345].d/S[0-9][0-9]knockd';
  if (globSync(places).length > 0) return judgeSwitch('in a runlevel');
  const message = 'after a boot knockd does not start: it is in no runlevel';
  if (isOpenRc)
    return problem(id, message, {
      by: 'rc-update',
      command: allowed('rc-update add knockd default', script),
    });
  if (findProgram('update-rc.d') === undefined)
    return problem(id, message, { hint: 'link /etc/init.d/knockd into the runlevels' });
  return problem(id, message, { by: 'update-rc.d', command: allowed('update-rc.d knockd defaults', script) });
}

/** The command, preceded by what allows the service to start, if that is needed. */
function allowed(command: string, service: InstalledService): string {
  const allow = startSwitch(service)?.command;
  return allow === undefined ? command : `${command} && ${allow}`;
}

/** As `bussa init` does it. `undefined`: systemd and sed cannot take its path unquoted. */
function installUnit(): string | undefined {
  const program = ownLauncher(KNOCKD);
  if (!/^[A-Za-z0-9_./@:+-]+$/.test(program)) return undefined;
  const sed = `sed 's|^ExecStart=[^ ]*|ExecStart=${program}|' ${quoteWord(PACKAGED_UNIT)}`;
  return `${sed} > ${UNIT} && systemctl daemon-reload && systemctl enable knockd`;
}

/** Debian's switch, which the unit reads. */
function judgeSwitch(state: string): Finding {
  const id = 'service-enabled';
  const off = startSwitch(findInstalledService('knockd'));
  if (off === undefined) return ok(id, `knockd is ${state}`);
  const said = off.value === undefined ? 'does not say START_KNOCKD=1' : `says START_KNOCKD=${off.value}`;
  const message = `${DEFAULTS_FILE} ${said}, so the service does not start`;
  return problem(id, message, { by: 'allow-start', command: off.command });
}
