import { join } from 'node:path';
import type { Config } from '../../../core/config/file/config.ts';
import { MAX_LEASES } from '../../../core/lease/lease.ts';
import { LeaseMachine } from '../../../core/lease/lease-machine.ts';
import { openSystemClock } from '../../../host/clock/clock.ts';
import { FirewallLock } from '../../../host/firewall/contract/firewall-lock.ts';
import { CommandRunner } from '../../../host/process/command-runner.ts';
import { HookRunner } from '../../../host/process/hook-runner.ts';
import type { StoredLease } from '../../../host/store/lease-store.ts';
import type { Authority } from '../../config/authority.ts';
import { ConfigInForce } from '../../config/config-in-force.ts';
import type { DaemonOptions } from '../../config/daemon-options.ts';
import type { FleetIdentity } from '../../config/fleet-identity.ts';
import { OneTimeDoors } from '../../config/one-time-doors.ts';
import { openState, stateName } from '../../state/open-state.ts';
import { PidFile } from '../../state/own-pid-file.ts';
import { BanKeeper } from '../bans/ban-keeper.ts';
import { daemonVerbs } from '../control/daemon-verbs.ts';
import { openExposure } from '../firewall/exposure-watch.ts';
import { FirewallDoors } from '../firewall/firewall-doors.ts';
import { hasForwardedDoors } from '../firewall/gates-of.ts';
import { openFirewallAlone } from '../firewall/open-firewall.ts';
import { EarlierLeases } from '../leases/earlier-leases.ts';
import { LeaseKeeper } from '../leases/lease-keeper.ts';
import { KnockListener } from '../packets/knock-listener.ts';
import { interfaceSetting, Reload } from '../reload/reload.ts';
import { Hooks } from '../reporting/hooks.ts';
import { openReports } from '../reporting/open-reports.ts';
import { openSpread } from '../spread/open-spread.ts';
import { DaemonView } from '../status/daemon-view.ts';
import { SourceView } from '../status/source-view.ts';
import { UserView } from '../status/user-view.ts';
import { closePorts } from './close-ports.ts';
import { Daemon, type DaemonParts } from './daemon.ts';
import { expiryCheck, holderCheck, isCurrentStop } from './lease-authority.ts';
import { openControl } from './open-control.ts';
import { openFleet } from './open-fleet.ts';
import { openGuard } from './open-guard.ts';
import { openProofs } from './open-proofs.ts';
import { openWarmUp } from './open-warm-up.ts';
import { recordOptions } from './record-options.ts';

/** The input of a start. `resources` collects what has been opened, and closes it in reverse order. */
export type DaemonStart = {
  readonly options: DaemonOptions;
  readonly config: Config;
  readonly authority?: Authority | undefined;
  readonly fleet?: FleetIdentity | undefined;
  /** Logged first. */
  readonly warnings: readonly string[];
  readonly resources: AsyncDisposableStack;
};

/**
 * Opens everything that a daemon needs, layer by layer, and closes the ports last, when nothing else can fail. The
 * control socket exists before that, but answers only when the daemon begins. Throws an error of the system, of another
 * daemon or of the lockout guard. Disposing of `resources` then restores everything, including the firewall.
 */
export async function startDaemon(start: DaemonStart): Promise<Daemon> {
  const base = openBase(start);
  const doors = openDoors(start, base);
  const parts = await openService(start, base, doors);
  recordOptions(start.options, base);
  parts.earlier.adopt();
  await closePorts(parts);
  await parts.fleet.follow();
  return new Daemon(parts);
}

type Base = ReturnType<typeof openBase>;
type Doors = ReturnType<typeof openDoors>;

/** Reporting, packet capture, and the state on disk. */
function openBase({ options, config, authority, fleet, warnings, resources }: DaemonStart) {
  const clock = openSystemClock();
  const inForce = new ConfigInForce(config, authority, fleet);
  const reports = openReports(config, options, warnings, () => clock.wall());
  resources.defer(() => reports.close());
  const { report } = reports;
  const oneTime = new OneTimeDoors(report);
  const watch = new KnockListener({
    doors: oneTime.watchable(config.doors),
    config,
    ipv6: options.ipv6,
    interfaces: interfaceSetting(options, config),
    routes: hasForwardedDoors(config),
    reports,
  });
  resources.defer(() => reports.attempt(() => watch.close()));
  const spread = openSpread(watch, reports);
  const name = stateName(options.configFile, options.interfaces?.text);
  const isItsStop = (lease: StoredLease): boolean => isCurrentStop(inForce, lease);
  const state = openState(options.stateDirectory, name, { clock, report, isItsStop });
  resources.defer(() => reports.attempt(() => state.store.close()));
  const directory = state.isOpen ? join(options.stateDirectory, name) : undefined;
  return { clock, inForce, reports, oneTime, watch, spread, state, name, directory };
}

/** The firewall, still unchanged, and the leases. */
function openDoors({ options, resources }: DaemonStart, base: Base) {
  const { clock, inForce, reports, watch, state, directory } = base;
  const { report } = reports;
  const firewallLock = new FirewallLock((text) => report({ kind: 'warning', text }));
  resources.defer(() => firewallLock.release());
  const exposure = openExposure(() => inForce.current, options, { watch, clock, report });
  const openFirewall = openFirewallAlone(firewallLock, () => exposure.question);
  const guard = openGuard(options, base, openFirewall);
  const machine = new LeaseMachine(MAX_LEASES);
  const native = new FirewallDoors({
    openFirewall: (settings) => guard?.openFirewall(settings) ?? openFirewall(settings),
    clock,
    leases: () => machine.leases(),
    report,
    onLooked: () => void exposure.look(),
    ingresses: () => exposure.ingresses,
  });
  const { bans: list, guard: scans, traces } = watch;
  const bans = new BanKeeper({ bans: list, guard: scans, clock, directory, report });
  const commandsIn = options.background ? '/' : undefined;
  const hooks = new Hooks(inForce.current, new HookRunner(commandsIn), report);
  const keeper = new LeaseKeeper({
    ...{ ...state, machine, native, clock, report },
    runner: new CommandRunner(commandsIn),
    isBanned: bans.isBanned.bind(bans),
    mayHold: holderCheck(inForce, clock),
    hasEnded: expiryCheck(inForce, clock),
    onCount: reports.counted,
  });
  const users = new UserView({ inForce, clock, leases: () => machine.each() });
  const sources = new SourceView({
    ...{ bans, guard: scans, clock, traces },
    doors: () => watch.doors,
    leases: () => machine.each(),
  });
  reports.subscribe({ onEvent: (event) => native.onEvent(event) });
  // All subscriptions of lower layers. The order matters: a source's story must contain the event before its hook runs.
  reports.subscribe({ onEvent: (event) => users.onEvent(event) });
  reports.subscribe({ onEvent: (event) => sources.onEvent(event) });
  reports.subscribe({ onEvent: (event) => hooks.onEvent(event) });
  bans.onBan(() => keeper.closeBanned());
  const fleet = openFleet(options, base, { keeper, bans }, resources);
  const proofs = openProofs({ ...base, store: state.store, keeper, ipv6: options.ipv6, report });
  resources.defer(() => proofs.payloads.stop());
  return { guard, native, exposure, bans, hooks, keeper, sources, users, fleet, ...proofs };
}

/** The verbs of the control socket, and everything else that can fail. */
async function openService(start: DaemonStart, base: Base, doors: Doors): Promise<DaemonParts> {
  const { options, resources } = start;
  const { inForce, reports, watch, state, name, directory } = base;
  const { guard, native, keeper, exposure } = doors;
  const { report } = reports;
  watch.interfaces.start();
  resources.defer(() => watch.interfaces.close());
  resources.defer(async () => {
    if (await native.undo()) guard?.abandon();
  });
  await guard?.prepare();
  const told = start.warnings;
  const reload = new Reload({ ...base, ...doors, options, told });
  const view = new DaemonView({
    ...{ ...base, ...doors, options },
    isUnconfirmed: () => guard?.isPending === true,
    trialLeft: () => guard?.trialLeft,
    exposure,
  });
  const { feed } = reports;
  feed.beat(() => view.pulse());
  resources.defer(() => feed.close());
  const verbs = openVerbs(base, doors, view, reload);
  const { control, serve } = await openControl({
    ...{ options, inForce, state, name, isDirectoryOpen: directory !== undefined },
    ...{ guard, verbs, view, report, resources },
  });
  const warmUp = openWarmUp(base, doors.native);
  reload.follow(() => {
    serve();
    void doors.fleet.follow();
    // A reload may have added doors that accept keys.
    void warmUp.run();
  });
  serve();
  const pidFile = new PidFile(options, report);
  resources.defer(() => reports.attempt(() => pidFile.remove()));
  const earlier = new EarlierLeases({
    ...base,
    keeper,
    doors: () => base.inForce.current.doors,
    stateDirectory: options.stateDirectory,
    stateName: name,
    report,
  });
  return { ...base, ...doors, options, reload, earlier, control, pidFile, warmUp, resources };
}

/** The verbs of the control socket. */
function openVerbs({ inForce, reports, state }: Base, doors: Doors, view: DaemonView, reload: Reload) {
  const { keeper, bans, sources, users, codes, fleet } = doors;
  return daemonVerbs({
    ...{ view, keeper, bans, sources, users },
    closeEverywhere: (lease) => fleet.closeEverywhere(lease),
    config: () => inForce.current,
    store: state.store,
    feed: reports.feed,
    reload: (by) => reload.run(by),
    revoke: (by, user, key) => reload.revoke(by, user, key),
    forgive: (user) => codes.forgive(user),
    report: reports.report,
  });
}
