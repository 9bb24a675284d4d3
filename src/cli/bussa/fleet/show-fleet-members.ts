import type { DaemonSelector } from '../../../app/ask/ask-daemon.ts';
import { printable } from '../../../core/event/printable.ts';
import { FLEET_NAME_FORM, isFleetName } from '../../../core/fleet/fleet-name.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { Output } from '../../arguments/verb.ts';
import { noticeLines, printFailure } from '../users/render-authority.ts';

/** `bussa fleet invite` */
export async function inviteHere(configFile: string, name: string, output: Output): Promise<number> {
  if (!isFleetName(name)) {
    const message = `'${name}' is no name of a member: it has ${FLEET_NAME_FORM}`;
    return printFailure({ kind: 'refused', message }, output);
  }
  const { inviteMember } = await import('../../../app/fleet/setup/change-members.ts');
  const outcome = inviteMember(configFile, name);
  if (outcome.kind !== 'invitation') return printFailure(outcome, output);
  output.error(
    `bussa: this invites ${name} to ${outcome.fleet}. It is as secret as a password: \`bussa fleet init ${name} --join -\` on the other host takes it.`,
  );
  output.print(outcome.word);
  return EXIT.ok;
}

/** `bussa fleet drop` */
export async function dropHere(
  configFile: string,
  name: string,
  choice: DaemonSelector,
  output: Output,
): Promise<number> {
  const { dropMember } = await import('../../../app/fleet/setup/change-members.ts');
  const outcome = dropMember(configFile, name);
  if (outcome.kind !== 'dropped') return printFailure(outcome, output);
  const { reloadUsers } = await import('../../../app/users/reload-users.ts');
  const told = await reloadUsers(choice);
  for (const line of [
    `${printable(name)} is no member any more: its line is out of ${printable(outcome.file)}.`,
    ...noticeLines(told, `still believes ${name}`),
    `Do the same on each other host. On the host of the engine: remove its line from users.acl, and restart the engine.`,
  ])
    output.print(line);
  return told.kind === 'refused' ? EXIT.config : EXIT.ok;
}
