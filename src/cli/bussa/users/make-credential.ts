import type { DaemonSelector } from '../../../app/ask/ask-daemon.ts';
import { type AddOutcome, addUser } from '../../../app/users/add-user.ts';
import { reloadUsers } from '../../../app/users/reload-users.ts';
import { isUserName, USER_NAME_FORM } from '../../../core/config/values/parse-names.ts';
import { printable } from '../../../core/event/printable.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { Json, Output } from '../../arguments/verb.ts';
import {
  doorsWithSequence,
  noticeJson,
  noticeLines,
  printFailure,
  sequenceLines,
} from './render-authority.ts';

export type UserRequest = {
  readonly configFile: string;
  readonly name: string;
  readonly doors: readonly string[];
};

export type Added = Extract<AddOutcome, { kind: 'added' }>;

/** What is printed about a credential, before and after the list of changes. */
export type ShownCredential = {
  readonly json: { readonly [name: string]: Json };
  readonly first: string;
  readonly last: readonly string[];
};

type Failure = Parameters<typeof printFailure>[0];

/** Creates a credential for a user, has the daemon load it, and prints it. Returns the exit status. */
export async function makeCredential(
  request: UserRequest,
  made: { readonly kind: 'code' | 'spa'; readonly until: string },
  choice: DaemonSelector,
  output: Output,
  show: (added: Added) => Promise<ShownCredential | Failure>,
): Promise<number> {
  const { name, configFile } = request;
  if (!isUserName(name)) {
    const message = `'${name}' is not a user name: a user name has ${USER_NAME_FORM}`;
    return printFailure({ kind: 'refused', message }, output);
  }
  const added = addUser({ ...request, credential: { kind: made.kind } });
  if (added.kind !== 'added') return printFailure(added, output);
  const told = await reloadUsers(choice);
  const { written, doors, mayOpen } = added;
  if (mayOpen.length === 0)
    output.error(`bussa: ${name} may open no door yet: name one with --door, or add ${name} to its Users`);
  const shown = await show(added);
  if ('kind' in shown) return printFailure(shown, output);
  const sequenceOpens = ((await doorsWithSequence(configFile)) ?? []).filter((one) => mayOpen.includes(one));
  output.answer({ name, written, doors, mayOpen, sequenceOpens, ...shown.json, ...noticeJson(told) }, [
    shown.first,
    ...(written.length === 0 ? [] : [`Written: ${written.map(printable).join(', ')}`]),
    ...(mayOpen.length === 0 ? [] : [`May open: ${mayOpen.map(printable).join(', ')}`]),
    ...noticeLines(told, `${name} cannot get in yet`),
    ...sequenceLines(sequenceOpens, configFile, made.until),
    ...shown.last,
  ]);
  return told.kind === 'refused' ? EXIT.config : EXIT.ok;
}
