import { readFileSync } from 'node:fs';
import type { FleetSettings } from '../../../core/config/file/config.ts';
import { parseConfig } from '../../../core/config/file/parse-config.ts';
import { memberKeys, nameIn, removeMember } from '../../../core/fleet/edit-members.ts';
import { type EngineAddress, parseEngine, renderEngine } from '../../../core/fleet/engine-address.ts';
import { parseFleetKey } from '../../../core/fleet/fleet-key.ts';
import { renderInvitation } from '../../../core/fleet/invitation.ts';
import { memberLine } from '../../../core/fleet/member-line.ts';
import { memberKeyOf } from '../../../host/crypto/member-key.ts';
import { readWhole } from '../../../host/files/read-whole.ts';
import { replaceFile } from '../../../host/files/replace-file.ts';
import { errorsOf, type Unusable, unusable } from '../../users/authority-texts.ts';
import { withUsersLock } from '../../users/users-lock.ts';

type Refused = { readonly kind: 'refused'; readonly message: string };

export type InviteOutcome =
  | { readonly kind: 'invitation'; readonly word: string; readonly fleet: string }
  | Refused
  | Unusable;

/** Makes the word with which another host becomes the member `name`. */
export function inviteMember(configFile: string, name: string): InviteOutcome {
  return trying(() => {
    const settings = settingsOf(configFile);
    if ('kind' in settings) return settings;
    const reading = parseFleetKey(readFileSync(settings.keyFile, 'utf8'));
    if (reading.kind === 'bad') return refused(`${settings.keyFile}: ${reading.reason}`);
    const text = readFileSync(settings.membersFile, 'utf8');
    const known = memberKeys(text);
    if (name === settings.name) return refused(`${name} is this host: give the other one a name of its own`);
    if (known.some((line) => nameIn(line) === name))
      return refused(`${name} is a member already: \`bussa fleet drop ${name}\` removes it`);
    const engine = parseEngine(settings.engine);
    if (engine.kind === 'bad') return refused(engine.reason);
    const { fleet, secret, member } = reading.key;
    const own = memberLine(settings.name, memberKeyOf(member).point);
    const members = [own, ...known.filter((line) => nameIn(line) !== settings.name)];
    const word = renderInvitation({
      fleet,
      member: name,
      secret,
      engine: engineFor(engine.engine, name),
      members,
    });
    return { kind: 'invitation', word, fleet };
  });
}

/** Each member logs in to the engine as a user of its own name. */
const engineFor = (engine: EngineAddress, user: string): string =>
  renderEngine(engine.user === undefined ? engine : { ...engine, user });

export type DropOutcome = { readonly kind: 'dropped'; readonly file: string } | Refused | Unusable;

/** As soon as the daemon has read the file, this host accepts nothing from the member any more. */
export function dropMember(configFile: string, name: string): DropOutcome {
  return withUsersLock(configFile, () =>
    trying(() => {
      const settings = settingsOf(configFile);
      if ('kind' in settings) return settings;
      const { membersFile } = settings;
      const text = readFileSync(membersFile, 'utf8');
      const changed = removeMember(text, name);
      if (changed === text) {
        const names = text.split('\n').flatMap((line) => nameIn(line) ?? []);
        return refused(`${membersFile} has no member ${name}: there are ${names.join(', ') || 'none'}`);
      }
      replaceFile(membersFile, Buffer.from(changed));
      return { kind: 'dropped', file: membersFile };
    }),
  );
}

function settingsOf(configFile: string): FleetSettings | Refused | Unusable {
  const parsed = parseConfig(configFile, readWhole(configFile));
  if (parsed.kind === 'bad') return { kind: 'mistakes', diagnostics: errorsOf(parsed.diagnostics) };
  const { fleet } = parsed.config.settings;
  return (
    fleet ?? refused(`${configFile} has no section [fleet]: \`bussa fleet init NAME --engine URL\` makes one`)
  );
}

const refused = (message: string): Refused => ({ kind: 'refused', message });

function trying<T>(work: () => T): T | Unusable {
  try {
    return work();
  } catch (error) {
    return unusable(error as NodeJS.ErrnoException);
  }
}
