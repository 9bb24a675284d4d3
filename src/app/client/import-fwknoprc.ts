import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type HostLine, setHost } from '../../core/client/edit-hosts.ts';
import type { ImportedProfile, SkippedSetting } from '../../core/client/import-stanza.ts';
import { parseFwknoprc } from '../../core/client/parse-fwknoprc.ts';
import { type Profile, profileNames, profileOf } from '../../core/client/profile.ts';
import { renderSpaKeys } from '../../core/spa/spa-keys.ts';
import { renderDiagnostic } from '../../core/text/diagnostic.ts';
import { quoteWord } from '../../core/text/quote-word.ts';
import { createFile } from '../../host/files/create-file.ts';
import { makeDirectory } from '../../host/files/make-directory.ts';
import { readWhole } from '../../host/files/read-whole.ts';
import { replaceFile } from '../../host/files/replace-file.ts';
import { warnOfReaders } from '../file-access/warn-of-readers.ts';
import { overriddenLines } from './change-hosts.ts';
import { loadHosts } from './load-hosts.ts';

export type FwknoprcImport =
  | {
      readonly kind: 'written';
      readonly profiles: readonly {
        readonly name: string;
        readonly keyFile: string;
        readonly isNew: boolean;
      }[];
      readonly leftOut: readonly SkippedSetting[];
      readonly warnings: readonly string[];
    }
  /** Nothing was written. */
  | { readonly kind: 'bad' | 'permission'; readonly errors: readonly string[] };

/** A profile and its key file. */
type Planned = ImportedProfile & { readonly keyFile: string; readonly isNew: boolean };

/** Creates profiles in `hosts`, with key files beside it, from fwknop's file. After any mistake nothing is written. */
export async function importFwknoprc(file: string, hosts: string): Promise<FwknoprcImport> {
  const read = readRc(file);
  if (!(read instanceof Uint8Array)) return read;
  const parsed = parseFwknoprc(file, read);
  if (parsed.kind === 'bad') return { kind: 'bad', errors: parsed.diagnostics.map(renderDiagnostic) };
  const { profiles, leftOut } = parsed.imported;
  const loaded = await loadHosts(hosts);
  if (loaded.kind !== 'ok') return loaded;
  const before = existsSync(hosts) ? readFileSync(hosts, 'utf8') : undefined;
  const names = profileNames(loaded.hosts);
  const planned = plan(profiles, hosts, before ?? '', names);
  const errors = planned.flatMap((one, i) => [
    ...mistakesOf(one, hosts, names),
    ...twice(one, planned.slice(0, i)),
  ]);
  if (errors.length > 0) return { kind: 'bad', errors };
  const fresh = planned.filter(({ isNew }) => isNew);
  const failure = fresh.length === 0 ? undefined : write(fresh, hosts, before);
  if (failure !== undefined) return failure;
  const warnings = [...warnOfReaders(file), ...(await overruledIn(hosts, planned))];
  return { kind: 'written', profiles: planned, leftOut, warnings };
}

function readRc(file: string): Uint8Array | Exclude<FwknoprcImport, { kind: 'written' }> {
  try {
    return readWhole(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const kind = code === 'EACCES' || code === 'EPERM' ? 'permission' : 'bad';
    return { kind, errors: [`${file}: it cannot be read: ${message}`] };
  }
}

function plan(
  profiles: readonly ImportedProfile[],
  hosts: string,
  text: string,
  names: readonly string[],
): readonly Planned[] {
  const taken = new Set<string>();
  return profiles.map((profile) => {
    const plain = profile.name.replaceAll(/[^A-Za-z0-9._-]/g, '_').replace(/^\./, '_');
    let stem = plain;
    for (let i = 2; taken.has(stem); i++) stem = `${plain}-${i}`;
    taken.add(stem);
    const keyFile = join(resolve(dirname(hosts)), `${stem}.spa`);
    const isThere = names.includes(profile.name.toLowerCase());
    const isSame = isThere && setHost(text, profile.name, linesOf({ ...profile, keyFile })) === text;
    return { ...profile, keyFile, isNew: !(isSame && holds(keyFile, profile)) };
  });
}

const linesOf = ({ lines, keyFile }: Pick<Planned, 'lines' | 'keyFile'>): readonly HostLine[] => [
  ...lines,
  ['SpaKeyFile', keyFile],
];

function holds(keyFile: string, { keys }: ImportedProfile): boolean {
  try {
    return readFileSync(keyFile, 'utf8') === renderSpaKeys(keys);
  } catch {
    return false;
  }
}

function mistakesOf(one: Planned, hosts: string, names: readonly string[]): readonly string[] {
  if (!one.isNew) return [];
  const isThere = names.includes(one.name.toLowerCase());
  const where = quoteWord(one.name);
  return [
    ...(isThere
      ? [
          `${hosts} has another profile of ${one.name}: remove it (bussa host remove ${where}), or rename the stanza`,
        ]
      : []),
    ...(existsSync(one.keyFile) && !holds(one.keyFile, one)
      ? [`${one.keyFile} exists already, with other contents: rename it, or the stanza [${one.name}]`]
      : []),
  ];
}

/** Profile names ignore case; stanza names do not. */
function twice({ name }: Planned, earlier: readonly Planned[]): readonly string[] {
  const other = earlier.find((one) => one.name.toLowerCase() === name.toLowerCase());
  return other === undefined
    ? []
    : [`the stanzas [${other.name}] and [${name}] would be one profile: rename one`];
}

/** Writes the keys first, then the profiles that refer to them. On failure it removes what it created. */
function write(
  fresh: readonly Planned[],
  hosts: string,
  before: string | undefined,
): Exclude<FwknoprcImport, { kind: 'written' }> | undefined {
  const made: string[] = [];
  let at = hosts;
  try {
    makeDirectory(dirname(hosts));
    for (const one of fresh) {
      at = one.keyFile;
      if (holds(one.keyFile, one)) continue;
      createFile(one.keyFile, new TextEncoder().encode(renderSpaKeys(one.keys)));
      made.push(one.keyFile);
    }
    at = hosts;
    const text = fresh.reduce((all, one) => setHost(all, one.name, linesOf(one)), before ?? '');
    const bytes = new TextEncoder().encode(text);
    if (before === undefined) createFile(hosts, bytes);
    else replaceFile(hosts, bytes);
    return undefined;
  } catch (error) {
    for (const path of made) rmSync(path, { force: true });
    const { code, message } = error as NodeJS.ErrnoException;
    const kind = code === 'EACCES' || code === 'EPERM' || code === 'EROFS' ? 'permission' : 'bad';
    return { kind, errors: [`${at}: it cannot be written, and nothing was: ${message}`] };
  }
}

/** Lines before the first `Host` take precedence over all profiles. */
async function overruledIn(hosts: string, planned: readonly Planned[]): Promise<readonly string[]> {
  const loaded = await loadHosts(hosts);
  if (loaded.kind !== 'ok') return loaded.errors;
  const words = planned.map(async (one) => {
    const profile: Profile = profileOf(loaded.hosts, one.name);
    const keywords = await overriddenLines(profile, linesOf(one));
    return keywords.map(
      (keyword) => `another ${keyword} counts for ${one.name}, from an earlier line of ${hosts}`,
    );
  });
  return (await Promise.all(words)).flat();
}
