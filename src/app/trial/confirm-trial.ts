import type { DaemonStatus, Exposure } from '../../core/control/daemon-status.ts';
import { type Millis, millis } from '../../core/net/time.ts';
import { SystemdError } from '../../host/service-manager/systemd.ts';
import { askDaemonAt, type DaemonSelector, findSockets, isNamed, type NoAnswer } from '../ask/ask-daemon.ts';
import { enableService, readServiceTrial, type ServiceTrial } from '../init/service-trial.ts';

export type ConfirmOutcome =
  /** `service`: the trial of `bussa init`. `daemon`: the trial of `bussa up --confirm`. */
  | {
      readonly kind: 'confirmed';
      readonly trial: 'service' | 'daemon';
      /** What the whole ruleset does to strangers now; absent if the daemon has not judged it. */
      readonly exposure?: Exposure;
    }
  | { readonly kind: 'nothing' }
  | NoAnswer;

/** Ends the current trial of either kind: the closed ports stay closed. */
export async function confirmTrial(choice: DaemonSelector): Promise<ConfirmOutcome> {
  const daemons = await lookAtDaemons(choice);
  const service = await readServiceTrial();
  if (service !== undefined && isMeant(service, choice, daemons)) {
    const { path } = daemons.find(({ status }) => status?.pid === service.mainPid) ?? {};
    return withExposure(await confirmService(), path, choice);
  }
  const waiting = daemons.filter(({ status }) => status?.unconfirmed === true);
  const [first, ...others] = waiting;
  if (first === undefined) {
    // If none answers, that is the reason.
    return daemons.some(({ status }) => status !== undefined) ? { kind: 'nothing' } : noneAnswers(daemons);
  }
  if (others.length > 0) {
    const files = waiting.map(({ status }) => status?.configFile).join(', ');
    const message = `several daemons are waiting to be confirmed: name one with -c FILE: ${files}`;
    return { kind: 'failed', message };
  }
  const reply = await askDaemonAt(first.path, { verb: 'confirm' }, choice);
  if (reply.kind !== 'answer') return reply;
  if (!reply.answer.confirmed) return { kind: 'nothing' };
  return withExposure({ kind: 'confirmed', trial: 'daemon' }, first.path, choice);
}

async function withExposure(
  outcome: ConfirmOutcome,
  path: string | undefined,
  choice: DaemonSelector,
): Promise<ConfirmOutcome> {
  if (outcome.kind !== 'confirmed' || path === undefined) return outcome;
  const reply = await askDaemonAt(path, { verb: 'status' }, choice);
  if (reply.kind !== 'answer' || reply.answer.status.exposure === undefined) return outcome;
  return { ...outcome, exposure: reply.answer.status.exposure };
}

type Looked =
  | { readonly path: string; readonly status: DaemonStatus }
  | { readonly path: string; readonly status?: undefined; readonly refusal: NoAnswer };

/** At least one. */
async function lookAtDaemons(choice: DaemonSelector): Promise<readonly Looked[]> {
  const found = await findSockets(choice);
  if (found.kind !== 'found') return [{ path: '', refusal: found }];
  return Promise.all(
    found.paths.map(async (path) => {
      const reply = await askDaemonAt(path, { verb: 'status' }, choice);
      if (reply.kind !== 'answer') return { path, refusal: reply };
      return { path, status: reply.answer.status };
    }),
  );
}

/** A caller that names a daemon means no other. */
const isMeant = ({ mainPid }: ServiceTrial, choice: DaemonSelector, daemons: readonly Looked[]): boolean =>
  !isNamed(choice) || daemons.some(({ status }) => status?.pid === mainPid);

function noneAnswers(daemons: readonly Looked[]): ConfirmOutcome {
  for (const one of daemons) if (one.status === undefined) return one.refusal;
  return { kind: 'nothing' };
}

async function confirmService(): Promise<ConfirmOutcome> {
  if (process.geteuid?.() !== 0) {
    return {
      kind: 'permission',
      message: 'the service knockd is on trial, which only root can confirm: sudo bussa confirm',
    };
  }
  try {
    await enableService();
    return { kind: 'confirmed', trial: 'service' };
  } catch (error) {
    if (!(error instanceof SystemdError)) throw error;
    return { kind: 'failed', message: error.message };
  }
}

/** Time left of the service's trial; `undefined`: it is not on trial. */
export const serviceTrialLeft = async (): Promise<Millis | undefined> => {
  const trial = await readServiceTrial();
  return trial === undefined ? undefined : millis(trial.left);
};

/** Adds to the status what systemd knows about the service's trial, if it is this daemon. */
export async function withServiceTrial(status: DaemonStatus): Promise<DaemonStatus> {
  const trial = await readServiceTrial();
  return trial === undefined || trial.mainPid !== status.pid
    ? status
    : { ...status, trialLeft: millis(trial.left) };
}
