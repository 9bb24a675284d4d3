import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { renderBase64 } from '../../core/bytes/base64.ts';
import { DEFAULT_USERS_FILE } from '../../core/config/file/config.ts';
import { parseConfig } from '../../core/config/file/parse-config.ts';
import { type AccessPlan, planAccess } from '../../core/fwknop/plan-access.ts';
import { AccessReader, type ReadIncluded } from '../../core/fwknop/read-access.ts';
import { renderImportedDoor, renderImportedUser } from '../../core/fwknop/render-imported.ts';
import { renderSpaLine } from '../../core/spa/render-fwknoprc.ts';
import type { WantedPort } from '../../core/spa/spa-request.ts';
import type { Diagnostic } from '../../core/text/diagnostic.ts';
import { parseUsers } from '../../core/users/parse-users.ts';
import { nodeCiphers } from '../../host/crypto/node-ciphers.ts';
import { createFile } from '../../host/files/create-file.ts';
import { readWhole } from '../../host/files/read-whole.ts';
import { replaceFile } from '../../host/files/replace-file.ts';
import { warnOfReaders } from '../file-access/warn-of-readers.ts';
import {
  type AuthorityTexts,
  errorsOf,
  readAuthority,
  type Unusable,
  unusable,
  writePrivate,
} from './authority-texts.ts';
import { withUsersLock } from './users-lock.ts';

export type ImportRequest = {
  readonly accessFile: string;
  readonly configFile: string;
  /** What stanzas without OPEN_PORTS open. */
  readonly ports: readonly WantedPort[];
  readonly isWritten: boolean;
};

export type ImportOutcome =
  | {
      readonly kind: 'imported';
      readonly plan: AccessPlan;
      /** The text for both files, without the keys. */
      readonly doorTexts: readonly string[];
      readonly userTexts: readonly string[];
      readonly configFile: string;
      readonly usersFile: string;
      /** Files created or changed, in this order. */
      readonly written: readonly string[];
      /** About who may read the keys. */
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'refused'; readonly message: string }
  | Unusable;

/**
 * Creates doors and users from fwknopd's access.conf. Everything is checked before anything is written, and
 * `knockd.conf` is written last: a crash in between leaves users whose doors do not exist yet.
 */
export function importAccess(request: ImportRequest): ImportOutcome {
  const { configFile, isWritten } = request;
  return isWritten ? withUsersLock(configFile, () => importNow(request)) : importNow(request);
}

/** Whether it is the file of fwknopd, not of its client, whose sections have names in brackets. */
export function isAccessFile(text: string): boolean {
  return OF_SERVER.test(text) && !/^\s*\[/m.test(text);
}

/** Also files that are not right: what is wrong with them is told by the import. */
const OF_SERVER = /^\s*(?:SOURCE\b|%include|OPEN_PORTS\b|RESTRICT_PORTS\b|REQUIRE_|FW_ACCESS_TIMEOUT\b)/im;

function importNow({ accessFile, configFile, ports, isWritten }: ImportRequest): ImportOutcome {
  try {
    const texts = existsSync(configFile) ? readAuthority(configFile, 'doors') : noTexts(configFile);
    if (texts.kind !== 'texts') return texts;
    const reader = new AccessReader(readIncluded);
    reader.read(accessFile, readWhole(accessFile));
    const plan = planAccess(reader.stanzas, { ...situationOf(texts), ports });
    if (reader.hasErrors) return { kind: 'mistakes', diagnostics: errorsOf(reader.diagnostics) };
    if (reader.stanzas.length === 0)
      return { kind: 'refused', message: `${accessFile} has no stanza: each begins with SOURCE` };
    const doorTexts = plan.doors.map(renderImportedDoor);
    const made = {
      config: appended(texts.configBytes, doorTexts),
      users: appended(texts.usersBytes, userTexts(plan)),
    };
    const wrong = plan.users.length === 0 ? [] : mistakesIn(texts, made);
    if (wrong.length > 0) return { kind: 'mistakes', diagnostics: wrong };
    const written = isWritten && plan.users.length > 0 ? write(texts, made) : [];
    return {
      ...{ kind: 'imported', plan, doorTexts, written, warnings: reader.paths.flatMap(warnOfReaders) },
      userTexts: plan.users.map((user) => renderImportedUser(user, 'spa = (its keys)')),
      ...{ configFile, usersFile: texts.usersFile },
    };
  } catch (error) {
    return unusable(error as NodeJS.ErrnoException);
  }
}

const userTexts = ({ users }: AccessPlan): readonly string[] =>
  users.map((user) => renderImportedUser(user, renderSpaLine(user.credential, user.spaUser)));

/** There is no configuration yet. */
function noTexts(configFile: string): AuthorityTexts | Unusable {
  const usersFile = DEFAULT_USERS_FILE;
  const usersBytes = existsSync(usersFile) ? readWhole(usersFile) : new Uint8Array();
  const users = parseUsers(usersFile, usersBytes, nodeCiphers);
  if (users.kind === 'bad') return { kind: 'mistakes', diagnostics: errorsOf(users.diagnostics) };
  return {
    ...{ kind: 'texts', configFile, config: { settings: { useSyslog: false }, doors: [] } },
    ...{ configBytes: new Uint8Array(), usersFile, usersBytes, users: users.users },
    ...{ keyFile: '', serverKeys: undefined },
  };
}

function situationOf({ config, users }: AuthorityTexts) {
  const owned = users.flatMap(({ name, spa }) =>
    spa.map(({ credential }) => [renderBase64(credential.key), name] as const),
  );
  return {
    doorNames: config.doors.map(({ name }) => name),
    userNames: users.map(({ name }) => name),
    keyOwners: new Map(owned),
  };
}

type CreatedPart = { readonly config: Uint8Array; readonly users: Uint8Array };

function mistakesIn(
  { configFile, usersFile }: AuthorityTexts,
  { config, users }: CreatedPart,
): readonly Diagnostic[] {
  const judged = [parseConfig(configFile, config), parseUsers(usersFile, users, nodeCiphers)];
  return judged.flatMap((one) => (one.kind === 'bad' ? errorsOf(one.diagnostics) : []));
}

function write({ configFile, usersFile }: AuthorityTexts, { config, users }: CreatedPart): readonly string[] {
  writePrivate(usersFile, users);
  if (existsSync(configFile)) replaceFile(configFile, config);
  else createFile(configFile, config);
  return [usersFile, configFile];
}

function appended(bytes: Uint8Array, sections: readonly string[]): Uint8Array {
  const before = Buffer.from(bytes);
  const end = before.length === 0 ? '' : before.at(-1) === 0x0a ? '\n' : '\n\n';
  return Buffer.concat([before, Buffer.from(sections.length === 0 ? '' : end + sections.join('\n'))]);
}

const readIncluded: ReadIncluded = (kind, name, from) => {
  const path = resolve(dirname(from), name);
  try {
    const paths =
      kind === '%include_folder'
        ? readdirSync(path)
            .filter((file) => file.endsWith('.conf'))
            .sort()
            .map((file) => join(path, file))
        : [path];
    return paths.map((one) => ({ path: one, bytes: readWhole(one) }));
  } catch (error) {
    return `it cannot be read: ${(error as Error).message}`;
  }
};
