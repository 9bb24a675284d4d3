import type { DaemonSelector } from '../../../app/ask/ask-daemon.ts';
import { importAccess } from '../../../app/users/import-access.ts';
import { reloadUsers } from '../../../app/users/reload-users.ts';
import { printable } from '../../../core/event/printable.ts';
import type { SkippedSetting } from '../../../core/fwknop/plan-access.ts';
import type { WantedPort } from '../../../core/spa/spa-request.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { Output } from '../../arguments/verb.ts';
import { noticeJson, noticeLines, printFailure } from './render-authority.ts';

export type ServerImport = {
  readonly file: string;
  /** The configuration file. */
  readonly config: string;
  readonly ports: readonly WantedPort[];
  readonly isWritten: boolean;
  readonly choice: DaemonSelector;
};

/** Shows the doors and users that correspond to fwknopd's access.conf, and writes them on request. */
export async function importServer(
  { file, config, ports, isWritten, choice }: ServerImport,
  output: Output,
): Promise<number> {
  const outcome = importAccess({ accessFile: file, configFile: config, ports, isWritten });
  if (outcome.kind !== 'imported') return printFailure(outcome, output);
  const { plan, doorTexts, userTexts, configFile, usersFile, written } = outcome;
  const told = written.length === 0 ? undefined : await reloadUsers(choice);
  for (const line of outcome.warnings) output.error(`bussa: ${printable(line)}`);
  for (const one of plan.warnings) output.error(`bussa: ${place(one)}`);
  const value = {
    written,
    doors: plan.doors.map(({ name, users, lines }) => ({ door: name, users, lines })),
    users: plan.users.map(({ name, stanza, doors }) => ({ user: name, stanza, doors })),
    left_out: plan.leftOut.map(({ isThere: _, ...one }) => one),
    ...(told === undefined ? {} : noticeJson(told)),
  };
  const isNothing = plan.users.length === 0;
  output.answer(value, [
    ...(isNothing ? [] : [`# ${printable(configFile)}`, ...doorTexts.flatMap(linesOf)]),
    ...(isNothing ? [] : [`# ${printable(usersFile)}`, ...userTexts.flatMap(linesOf)]),
    ...plan.leftOut.map((one) => `left out: ${place(one)}`),
    ...(plan.leftOut.length === 0 ? [] : ['']),
    ...(isNothing ? ['Nothing to import.'] : []),
    ...(written.length > 0 ? [`Written: ${written.map(printable).join(', ')}`] : []),
    ...(!isNothing && written.length === 0 ? ['Nothing is written yet: run it again with --write.'] : []),
    ...(told === undefined ? [] : noticeLines(told, 'they cannot get in yet')),
  ]);
  if (told?.kind === 'refused') return EXIT.config;
  const isMissed = isNothing && plan.leftOut.some((one) => one.isThere !== true);
  return isMissed ? EXIT.failed : EXIT.ok;
}

const place = ({ file, line, stanza, what, isWhole }: SkippedSetting): string =>
  printable(`${file}:${line}: stanza ${stanza}${isWhole === true ? ', all of it' : ''}: ${what}`);

const linesOf = (section: string): readonly string[] =>
  section.split('\n').map((line) => printable(line.replace('\t', '    ')));
