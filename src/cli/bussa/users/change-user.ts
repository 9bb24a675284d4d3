import type { DaemonSelector } from '../../../app/ask/ask-daemon.ts';
import { changeUser as writeChange } from '../../../app/users/change-user.ts';
import { reloadUsers, revoke, revokeAccess, revokeForgotten } from '../../../app/users/reload-users.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { Output } from '../../arguments/verb.ts';
import {
  doorsWithSequence,
  noticeJson,
  noticeLines,
  printFailure,
  sequenceLines,
} from './render-authority.ts';

type Changed = {
  readonly configFile: string;
  readonly name: string;
  readonly key?: string | undefined;
};

const DONE = {
  off: ['is off: nothing that this user sends opens a door', 'was off already'],
  on: ['is on again', 'was on already'],
  remove: ['is removed', 'was removed already'],
} as const;

const STILL_WRITTEN = 'is locked out only until the daemon reloads or restarts';

/** Disables, enables or removes a user or one of his keys, and has the daemon follow. */
export async function changeUser(
  action: keyof typeof DONE,
  { configFile, name, key }: Changed,
  choice: DaemonSelector,
  output: Output,
): Promise<number> {
  const outcome = writeChange(configFile, name, action, key);
  if (outcome.kind === 'unknown') {
    const isForgotten =
      action !== 'on' && (await shutOutForgotten({ configFile, name, key }, choice, output));
    return isForgotten ? EXIT.ok : printFailure({ kind: 'refused', message: outcome.message }, output);
  }
  if (outcome.kind !== 'changed') {
    const status = printFailure(outcome, output);
    if (action === 'on') return status;
    // The files could not be changed, for example because the disk is full.
    const told = await revoke(choice, name, key);
    const still = told.kind === 'shut-out' ? STILL_WRITTEN : 'STILL GETS IN';
    output.error(`bussa: no file was changed, and ${name} ${still}: correct this first, and run it again`);
    return status;
  }
  // Even if nothing has changed: the daemon may have missed the last change.
  const told = await (action === 'on' ? reloadUsers(choice) : revokeAccess(choice, name, key));
  const [now, before] = DONE[action];
  const what = key === undefined ? name : `the ${key === 'code' ? key : `key ${key}`} of ${name}`;
  const still = action === 'on' ? `${what} does not count yet` : `${what} STILL COUNTS`;
  const sequenceOpens = action === 'on' ? [] : await doorsWithSequence(configFile);
  const value = {
    name,
    action,
    changed: !outcome.isDone,
    ...(key === undefined ? {} : { key }),
    ...(sequenceOpens === undefined ? {} : { sequenceOpens }),
  };
  output.answer({ ...value, ...noticeJson(told) }, [
    `${what} ${outcome.isDone ? before : now}`,
    ...noticeLines(told, still),
    ...sequenceLines(sequenceOpens ?? [], configFile, `To lock out ${name} if he may know it`),
  ]);
  return told.kind === 'refused' ? EXIT.config : EXIT.ok;
}

/** The user or key was deleted from the file, which the daemon has not read since. */
async function shutOutForgotten(
  { configFile, name, key }: Changed,
  choice: DaemonSelector,
  output: Output,
): Promise<boolean> {
  if (!(await revokeForgotten(choice, name, key))) return false;
  const what = key === undefined ? name : `the key ${key} of ${name}`;
  const sequenceOpens = (await doorsWithSequence(configFile)) ?? [];
  const value = { name, changed: false, ...(key === undefined ? {} : { key }), sequenceOpens };
  output.answer({ ...value, inForce: true, daemon: 'shut-out' }, [
    `${what} was already deleted from the users file, but the daemon still had it: it is revoked now`,
    ...sequenceLines(sequenceOpens, configFile, `To lock out ${name} if he may know it`),
  ]);
  return true;
}
