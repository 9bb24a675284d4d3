import { acceptsProof, userProofs } from '../../door/door.ts';
import { DEFAULT_SPA_PORT, SPA_TRANSPORTS } from '../../spa/spa-transport.ts';
import { Findings } from '../../text/findings.ts';
import { escapeText, quoteText } from '../../text/quote-text.ts';
import { splitWord } from '../../text/word.ts';
import type { Settings } from '../file/config.ts';
import { parseSettings } from '../file/parse-settings.ts';
import type { Section } from '../file/read-sections.ts';
import { type HostFacts, lastEntry, type WrittenDoor } from './written-door.ts';

/** Warns about doors that accept users' proofs. */
export function adviseProofs(
  doors: readonly WrittenDoor[],
  sections: readonly Section[],
  host: HostFacts,
  findings: Findings,
): void {
  const accepting = doors.filter(({ spec }) => userProofs(spec).length > 0);
  if (accepting.length === 0) return;
  const settings = parseSettings(
    sections.flatMap(({ entries }) => entries),
    new Findings(),
  );
  for (const written of accepting) {
    const { section, spec } = written;
    judgeUsers(written, host, findings);
    judgeMaximum(section, spec, findings);
    const source = lastEntry(section, 'Require_Source');
    if (
      acceptsProof(spec, 'key') &&
      spec.requireSource === true &&
      settings.reply === 'no' &&
      source !== undefined
    ) {
      const why = 'a client behind NAT learns its outer address from the reply, and Reply is no';
      findings.warning(source.key, 'no-reply', `${why}: remove one of the two`);
    }
  }
  judgeSpaPort(accepting, settings, host, findings);
  const port = sections
    .map((section) => lastEntry(section, 'Signed_Port'))
    .find((entry) => entry !== undefined);
  if (
    port?.value !== undefined &&
    settings.signedPort !== undefined &&
    host.serves('udp', settings.signedPort)
  ) {
    const what = `a service of this host listens at udp/${settings.signedPort}, and would get every signed knock too`;
    findings.warning(
      port.value,
      'served-port',
      `${what}: choose another port, and give clients the new card`,
    );
  }
}

/** For each proof: how to give a user one. */
const ADDED = { key: ['keys', 'KEY.pub'], code: ['codes', '--code'], spa: ['SPA', '--spa'] } as const;

function judgeUsers({ section, spec }: WrittenDoor, { users }: HostFacts, findings: Findings): void {
  if (users === undefined) return;
  const named = section.entries.flatMap(({ directive, value }) =>
    directive.name === 'Users' && value !== undefined ? splitWord(value, ',') : [],
  );
  for (const word of named) {
    if (users.includes(word.text)) continue;
    const there = users.length === 0 ? 'it is empty' : `there is ${users.slice(0, 8).join(', ')}`;
    const what = `the users file has no user ${quoteText(word.text)}`;
    findings.warning(word, 'unknown-user', `${what}: ${there}; or add the user with \`bussa user add\``);
  }
  if (users.length === 0 && named.length === 0) {
    const [proof] = userProofs(spec);
    const [what, add] = ADDED[proof ?? 'key'];
    const shown = `[${escapeText(section.name.text)}] accepts ${what}, and there is no user yet`;
    findings.warning(section.name, 'unknown-user', `${shown}: add one with \`bussa user add NAME ${add}\``);
  }
}

function judgeMaximum(
  section: Section,
  { maxOpenFor, opening }: WrittenDoor['spec'],
  findings: Findings,
): void {
  const entry = lastEntry(section, 'Max_Open_For');
  if (entry?.value === undefined || maxOpenFor === undefined || maxOpenFor >= opening.cmdTimeout) return;
  const what = 'who asks for a time gets less than who asks for none';
  findings.warning(
    entry.value,
    'short-maximum',
    `${what}: allow ${opening.cmdTimeout / 1000} seconds at least`,
  );
}

/** Such as fwknopd with its UDP server, perhaps left from before. */
function judgeSpaPort(
  accepting: readonly WrittenDoor[],
  { spaPort = DEFAULT_SPA_PORT, spaTransports = SPA_TRANSPORTS }: Settings,
  host: HostFacts,
  findings: Findings,
): void {
  const first = accepting.find(({ spec }) => acceptsProof(spec, 'spa'));
  const entry = first === undefined ? undefined : lastEntry(first.section, 'Accept');
  if (entry === undefined || !spaTransports.includes('udp') || !host.serves('udp', spaPort)) return;
  const what = `a service of this host listens at udp/${spaPort}, and gets every SPA packet too`;
  findings.warning(entry.key, 'served-port', `${what}: stop it if it is fwknopd, or set another SPA_Port`);
}
