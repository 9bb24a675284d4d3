import type { DaemonSelector } from '../../../app/ask/ask-daemon.ts';
import { type AddOutcome, addUser } from '../../../app/users/add-user.ts';
import { readAuthority } from '../../../app/users/authority-texts.ts';
import { reloadUsers } from '../../../app/users/reload-users.ts';
import { isUserName, USER_NAME_FORM } from '../../../core/config/values/parse-names.ts';
import { printable } from '../../../core/event/printable.ts';
import { renderFwknoprc } from '../../../core/spa/render-fwknoprc.ts';
import { DEFAULT_SPA_PORT } from '../../../core/spa/spa-transport.ts';
import { quoteWord } from '../../../core/text/quote-word.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { Output } from '../../arguments/verb.ts';
import {
  doorsWithSequence,
  noticeJson,
  noticeLines,
  printFailure,
  sequenceLines,
} from './render-authority.ts';
import type { AddedCode } from './show-code.ts';

/** A stanza for more ports would not be read by anybody. */
const MAX_ACCESS = 16;

/** Gives a user keys for the fwknop client, and shows them once. */
export async function addSpa(
  request: AddedCode,
  host: string | undefined,
  choice: DaemonSelector,
  output: Output,
): Promise<number> {
  const { name, configFile } = request;
  if (!isUserName(name)) {
    const message = `'${name}' is no name of a user: it has ${USER_NAME_FORM}`;
    return printFailure({ kind: 'refused', message }, output);
  }
  const outcome = addUser({ ...request, credential: { kind: 'spa' } });
  if (outcome.kind !== 'added') return printFailure(outcome, output);
  const told = await reloadUsers(choice);
  const { keys, written, doors, mayOpen } = outcome;
  if (mayOpen.length === 0)
    output.error(`bussa: ${name} may open no door yet: name one with --door, or add ${name} to its Users`);
  const stanza = await stanzaOf(configFile, outcome, host);
  if (!Array.isArray(stanza)) return printFailure(stanza, output);
  const sequenceOpens = ((await doorsWithSequence(configFile)) ?? []).filter((one) => mayOpen.includes(one));
  const value = { name, keys, written, doors, mayOpen, sequenceOpens, fwknoprc: stanza.join('\n') };
  output.answer({ ...value, ...noticeJson(told) }, [
    `${name}: ${keys.join(', ')}`,
    ...(written.length === 0 ? [] : [`Written: ${written.map(printable).join(', ')}`]),
    ...(mayOpen.length === 0 ? [] : [`May open: ${mayOpen.map(printable).join(', ')}`]),
    ...noticeLines(told, `${name} cannot get in yet`),
    ...sequenceLines(sequenceOpens, configFile, 'When every user has a key'),
    ...['', 'For ~/.fwknoprc on the client, mode 600. It is not printed again:', ''],
    ...stanza,
    ...['', `To knock: fwknop -n ${quoteWord(stanza[0]?.slice(1, -1) ?? '')}`],
    `With Bussa's client: bussa import ~/.fwknoprc, then bussa knock ${quoteWord(stanza[0]?.slice(1, -1) ?? '')}`,
  ]);
  return told.kind === 'refused' ? EXIT.config : EXIT.ok;
}

async function stanzaOf(
  configFile: string,
  { spa, mayOpen }: Extract<AddOutcome, { kind: 'added' }>,
  host: string | undefined,
) {
  const texts = readAuthority(configFile);
  if (texts.kind !== 'texts') return texts;
  const { settings, doors } = texts.config;
  const his = doors.filter((door) => mayOpen.includes(door.name));
  const access = his.flatMap(({ opening }) =>
    (opening.ports ?? []).map(({ protocol, first }) => ({ protocol, port: first })),
  );
  const { guessHost } = await import('../../../app/init/init.ts');
  return spa === undefined
    ? []
    : renderFwknoprc({
        host: host ?? guessHost(),
        port: settings.spaPort ?? DEFAULT_SPA_PORT,
        access: access.slice(0, MAX_ACCESS),
        resolves: his.some(({ requireSource }) => requireSource === true),
        credential: spa,
      });
}
