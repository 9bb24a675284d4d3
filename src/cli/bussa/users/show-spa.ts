import type { DaemonSelector } from '../../../app/ask/ask-daemon.ts';
import { readAuthority } from '../../../app/users/authority-texts.ts';
import { renderFwknoprc } from '../../../core/spa/render-fwknoprc.ts';
import { DEFAULT_SPA_PORT } from '../../../core/spa/spa-transport.ts';
import { quoteWord } from '../../../core/text/quote-word.ts';
import type { Output } from '../../arguments/verb.ts';
import { type Added, makeCredential, type UserRequest } from './make-credential.ts';

/** Nobody would read a stanza with more ports. */
const MAX_ACCESS = 16;

/** Creates keys for the fwknop client, and shows them once. */
export function addSpa(
  request: UserRequest,
  host: string | undefined,
  choice: DaemonSelector,
  output: Output,
): Promise<number> {
  const made = { kind: 'spa', until: 'When every user has a key' } as const;
  return makeCredential(request, made, choice, output, async (added) => {
    const stanza = await stanzaOf(request.configFile, added, host);
    if (!Array.isArray(stanza)) return stanza;
    const { keys } = added;
    const client = quoteWord(stanza[0]?.slice(1, -1) ?? '');
    return {
      json: { keys, fwknoprc: stanza.join('\n') },
      first: `${request.name}: ${keys.join(', ')}`,
      last: [
        ...['', 'For ~/.fwknoprc on the client, mode 600. It is not printed again:', ''],
        ...stanza,
        ...['', `To knock: fwknop -n ${client}`],
        `With Bussa's client: bussa import ~/.fwknoprc, then bussa knock ${client}`,
      ],
    };
  });
}

async function stanzaOf(configFile: string, { spa, mayOpen }: Added, host: string | undefined) {
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
