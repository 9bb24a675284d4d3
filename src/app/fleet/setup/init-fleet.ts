import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_FLEET_KEY, DEFAULT_FLEET_MEMBERS } from '../../../core/config/file/config.ts';
import { parseConfig } from '../../../core/config/file/parse-config.ts';
import { nameIn } from '../../../core/fleet/edit-members.ts';
import { type FleetKey, parseFleetKey, renderFleetKey } from '../../../core/fleet/fleet-key.ts';
import { memberLine } from '../../../core/fleet/member-line.ts';
import { parseMembers } from '../../../core/fleet/parse-members.ts';
import { memberKeyOf } from '../../../host/crypto/member-key.ts';
import { readWhole } from '../../../host/files/read-whole.ts';
import { replaceFile } from '../../../host/files/replace-file.ts';
import { errorsOf, type Unusable, unusable, writePrivate } from '../../users/authority-texts.ts';
import { withUsersLock } from '../../users/users-lock.ts';

export type FleetRequest = {
  readonly configFile: string;
  /** Where key, members file and the engine's files are made. */
  readonly directory: string;
  readonly name: string;
  readonly engine: string;
  readonly fleet: string;
  /** From an invitation. Absent: a new fleet. */
  readonly secret?: Uint8Array;
  /** Lines for the members file. */
  readonly members: readonly string[];
};

export type FleetMade = {
  readonly kind: 'made';
  readonly written: readonly string[];
  /** This host's line for the other members' files. */
  readonly line: string;
  /** SHA-256 of the password for the engine, in hexadecimal digits. */
  readonly hash: string;
  readonly engineDirectory: string;
};

export type InitOutcome = FleetMade | { readonly kind: 'refused'; readonly message: string } | Unusable;

/** Where the files of a fleet are, below that directory. */
export const fleetFiles = (directory: string) => ({
  key: join(directory, 'fleet.key'),
  members: join(directory, 'fleet-members'),
  engine: join(directory, 'fleet-engine'),
});

/** Makes this host a member. Keeps existing files, so that it can run again after a failure. */
export function initFleet(request: FleetRequest): InitOutcome {
  return withUsersLock(request.configFile, () => {
    try {
      return init(request);
    } catch (error) {
      return unusable(error as NodeJS.ErrnoException);
    }
  });
}

function init(request: FleetRequest): InitOutcome {
  const { configFile, directory, name } = request;
  const bytes = readWhole(configFile);
  const parsed = parseConfig(configFile, bytes);
  if (parsed.kind === 'bad') return { kind: 'mistakes', diagnostics: errorsOf(parsed.diagnostics) };
  const { fleet } = parsed.config.settings;
  if (fleet !== undefined)
    return refused(
      `${configFile} has a section [fleet] already, in which this host is ${fleet.name}: see \`bussa fleet status\``,
    );
  const files = fleetFiles(directory);
  const key = readOrMake(files.key, request);
  if (typeof key === 'string') return refused(key);
  const changed = withSection(bytes, request);
  const judged = parseConfig(configFile, changed);
  if (judged.kind === 'bad') return { kind: 'mistakes', diagnostics: errorsOf(judged.diagnostics) };
  const members = membersFor(files.members, request);
  if (typeof members === 'object') return refused(members.reason);
  const written: string[] = [];
  const write = (path: string, text: () => string): void => {
    if (existsSync(path)) return;
    writePrivate(path, Buffer.from(text()));
    written.push(path);
  };
  write(files.key, () => renderFleetKey(key));
  write(files.members, () => members);
  if (readFileSync(files.members, 'utf8') !== members) {
    replaceFile(files.members, Buffer.from(members));
    written.push(files.members);
  }
  const password = join(files.engine, 'password');
  write(password, () => `${randomBytes(24).toString('base64url')}\n`);
  replaceFile(configFile, changed);
  written.push(configFile);
  const hash = createHash('sha256').update(readFileSync(password, 'utf8').trim()).digest('hex');
  const line = memberLine(name, memberKeyOf(key.member).point);
  return { kind: 'made', written, line, hash, engineDirectory: files.engine };
}

const refused = (message: string): InitOutcome => ({ kind: 'refused', message });

/** Uses the key of an earlier run if it belongs to this fleet. */
function readOrMake(path: string, { fleet, secret }: FleetRequest): FleetKey | string {
  if (!existsSync(path)) return { fleet, secret: secret ?? randomBytes(32), member: randomBytes(32) };
  const reading = parseFleetKey(readFileSync(path, 'utf8'));
  if (reading.kind === 'bad') return `${path} is no key of a fleet: ${reading.reason}: move it away`;
  const isSame = secret === undefined || Buffer.from(secret).equals(reading.key.secret);
  if (reading.key.fleet === fleet && isSame) return reading.key;
  return `${path} is the key of another fleet, ${reading.key.fleet}: move it away, if this host is to leave that one`;
}

/** The members file with the members of the invitation. Lines of an earlier run stay. */
function membersFor(path: string, { members }: FleetRequest): string | { readonly reason: string } {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : MEMBERS_HEAD;
  const known = new Set(text.split('\n').map(nameIn));
  const lines = members.filter((line) => !known.has(nameIn(line))).map((line) => `${line} doors=*\n`);
  const gap = text === '' || text.endsWith('\n') ? '' : '\n';
  const all = `${text}${lines.length === 0 ? '' : gap}${lines.join('')}`;
  const parsed = parseMembers(path, Buffer.from(all));
  if (parsed.kind === 'ok') return all;
  const [first] = parsed.diagnostics;
  return { reason: `${path} and the invitation do not go together: ${first?.message ?? ''}` };
}

function withSection(bytes: Uint8Array, { engine, name, directory }: FleetRequest): Uint8Array {
  const { key, members } = fleetFiles(directory);
  const lines = [
    '[fleet]',
    `\tengine = ${engine}`,
    `\tname = ${name}`,
    ...(key === DEFAULT_FLEET_KEY ? [] : [`\tkey = ${key}`]),
    ...(members === DEFAULT_FLEET_MEMBERS ? [] : [`\tmembers = ${members}`]),
    `\tgroup = ${CARRIER_GROUP}`,
  ];
  const gap = bytes.length === 0 || bytes.at(-1) === 0x0a ? '' : '\n';
  return Buffer.concat([bytes, Buffer.from(`${gap}\n${lines.join('\n')}\n`)]);
}

/** As packaging/bussa-fleet.service has it. */
const CARRIER_GROUP = 'bussa-fleet';

const MEMBERS_HEAD = `# The other members of the fleet: NAME ssh-ed25519 KEY doors=DOOR,DOOR bans
# doors: those that it may open here, of the doors with \`fleet = accept\`; doors=* is all of them. bans: its bans count here.
`;
