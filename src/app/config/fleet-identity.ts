import type { Config, FleetSettings } from '../../core/config/file/config.ts';
import { parseFleetKey } from '../../core/fleet/fleet-key.ts';
import type { Member } from '../../core/fleet/member.ts';
import { hasSameKey, parseMembers } from '../../core/fleet/parse-members.ts';
import type { Diagnostic } from '../../core/text/diagnostic.ts';
import { type MemberKey, memberKeyOf } from '../../host/crypto/member-key.ts';
import type { FileAccess, Readers } from '../file-access/judge-path.ts';
import { errorIn, type GuardedFile, readGuardedFile } from './read-guarded-file.ts';

/** This host as a member of a fleet, and the other members. */
export type FleetIdentity = {
  readonly settings: FleetSettings;
  /** The fleet's name. */
  readonly fleet: string;
  /** Shared by the members, and unknown to the engine. */
  readonly secret: Uint8Array;
  readonly key: MemberKey;
  readonly self: Member;
  /** The other members, by name. */
  readonly members: ReadonlyMap<string, Member>;
};

export type LoadedFleet =
  | { readonly kind: 'ok'; readonly identity: FleetIdentity; readonly warnings: readonly Diagnostic[] }
  | {
      readonly kind: 'bad';
      readonly diagnostics: readonly Diagnostic[];
      /** The files may be valid, but this process may not read them. */
      readonly isDenied?: true;
    };

/** BOUNDED: 64 members with comments. A larger file would block the daemon. */
const MAX_BYTES = 1 << 16;

/** Reads the key and the members. `undefined`: the configuration has no fleet. */
export function loadFleet({ settings: { fleet } }: Config, access: FileAccess): LoadedFleet | undefined {
  if (fleet === undefined) return undefined;
  const { keyFile, membersFile, name } = fleet;
  const key = readFleetFile(keyFile, 'owner', access);
  const members = readFleetFile(membersFile, 'everybody', access);
  const findings = [...key.findings, ...members.findings];
  const parsedKey = key.bytes === undefined ? undefined : parseFleetKey(new TextDecoder().decode(key.bytes));
  if (parsedKey?.kind === 'bad') findings.push(errorIn(keyFile, keyMistake(parsedKey.reason)));
  const parsed = members.bytes === undefined ? undefined : parseMembers(membersFile, members.bytes);
  if (parsed?.kind === 'bad') findings.push(...parsed.diagnostics);
  if (parsedKey?.kind === 'key' && parsed?.kind === 'ok') {
    const memberKey = memberKeyOf(parsedKey.key.member);
    const verifyKey = { kind: 'ed25519', point: memberKey.point } as const;
    const self: Member = { name, key: verifyKey, doors: 'all', bans: false, line: 0 };
    findings.push(...judgeSelf(membersFile, self, parsed.members));
    if (!findings.some(({ severity }) => severity === 'error')) {
      const others = parsed.members.filter((member) => member.name !== name);
      const { fleet: called, secret } = parsedKey.key;
      const byName = new Map(others.map((member) => [member.name, member]));
      const identity = { settings: fleet, fleet: called, secret, key: memberKey, self, members: byName };
      return { kind: 'ok', identity, warnings: findings };
    }
  }
  const isDenied = key.isDenied || members.isDenied;
  return { kind: 'bad', diagnostics: findings, ...(isDenied ? { isDenied } : {}) };
}

/** The file may contain a line for this host, if it is correct. */
function judgeSelf(file: string, self: Member, members: readonly Member[]): Diagnostic[] {
  return members.flatMap((member) => {
    const [isNamed, isKeyed] = [member.name === self.name, hasSameKey(member, self)];
    if (isNamed === isKeyed) return [];
    const message = isNamed
      ? `${member.name} is this host, and its key is another one: copy the line that \`bussa fleet init\` has shown here, or give the other host another name`
      : `this is the key of this host, whose name in [fleet] is ${self.name}: change one of the names, or make a key for the other host there`;
    return [errorIn(file, message, member.line)];
  });
}

const readFleetFile = (path: string, readers: Readers, access: FileAccess): GuardedFile =>
  readGuardedFile(path, { readers, access, maxBytes: MAX_BYTES, remedy: '`bussa fleet init` makes it' });

const keyMistake = (reason: string): string =>
  `${reason}: put the file back, or remove it and have \`bussa fleet init\` make a new key`;
