import { renderBase64 } from '../bytes/base64.ts';
import { isUserName } from '../config/values/parse-names.ts';
import type { Prefix } from '../net/prefix.ts';
import type { SpaCredential } from '../spa/spa-credential.ts';
import type { WantedPort } from '../spa/spa-request.ts';
import { DISPENSABLE, isGpgName, OBSTACLES } from './access-settings.ts';
import { readDay, readEpoch, readNetworks } from './access-values.ts';
import type { AccessSetting, AccessStanza } from './read-access.ts';
import { type DoorText, doorTexts } from './stanza-doors.ts';
import { isGpgAlone, keysOf } from './stanza-keys.ts';

/** A door for a stanza. Several users may share one. */
export type ImportedDoor = {
  readonly name: string;
  readonly lines: readonly string[];
  readonly users: string[];
};

export type ImportedUser = {
  readonly name: string;
  readonly stanza: number;
  readonly credential: SpaCredential;
  readonly spaUser?: string;
  readonly doors: readonly string[];
  readonly from?: readonly Prefix[];
  readonly until?: string;
};

/** What is not imported, and what Bussa has instead. */
export type SkippedSetting = {
  readonly file: string;
  readonly line: number;
  readonly stanza: number;
  /** The whole stanza is skipped, not only this setting. */
  readonly isWhole?: true;
  readonly what: string;
};

export type AccessPlan = {
  readonly doors: readonly ImportedDoor[];
  readonly users: readonly ImportedUser[];
  readonly leftOut: readonly SkippedSetting[];
  readonly warnings: readonly SkippedSetting[];
};

/** What exists already. */
export type ImportSituation = {
  readonly doorNames: readonly string[];
  readonly userNames: readonly string[];
  /** By the key's base64: its owner. */
  readonly keyOwners: ReadonlyMap<string, string>;
  /** What stanzas without OPEN_PORTS open. */
  readonly ports: readonly WantedPort[];
};

/** The doors and users for the stanzas. Mistakes are findings in the stanzas' files. */
export function planAccess(stanzas: readonly AccessStanza[], situation: ImportSituation): AccessPlan {
  const planner = new AccessPlanner(situation);
  for (const stanza of stanzas) planner.take(stanza);
  return planner.plan;
}

class AccessPlanner {
  readonly #situation: ImportSituation;
  /** By their content. */
  readonly #doors = new Map<string, ImportedDoor>();
  readonly #users: ImportedUser[] = [];
  readonly #leftOut: SkippedSetting[] = [];
  readonly #warnings: SkippedSetting[] = [];
  readonly #owners: Map<string, string>;

  constructor(situation: ImportSituation) {
    this.#situation = situation;
    this.#owners = new Map(situation.keyOwners);
  }

  get plan(): AccessPlan {
    return {
      doors: [...this.#doors.values()],
      users: this.#users,
      leftOut: this.#leftOut,
      warnings: this.#warnings,
    };
  }

  take(stanza: AccessStanza): void {
    const { settings, source } = stanza;
    // All values are checked, even of a skipped stanza, so that every mistake is reported.
    const from = readNetworks(source);
    const keys = keysOf(stanza);
    const doors = doorTexts(stanza, this.#situation.ports);
    const until = endOf(settings);
    for (const [name, { why, isSet }] of Object.entries(DISPENSABLE)) {
      const setting = settings.get(name);
      if (setting !== undefined && isSet(setting.value.text)) this.#leave(stanza, setting, why);
    }
    const obstacle = obstacleOf(stanza);
    if (obstacle !== undefined) this.#leave(stanza, obstacle.at, obstacle.why, true);
    if (obstacle !== undefined || keys === undefined) return;
    if (typeof doors === 'string') {
      this.#leave(stanza, source, doors, true);
      return;
    }
    const owner = this.#owners.get(renderBase64(keys.key));
    if (owner !== undefined) {
      this.#leave(stanza, source, `the user ${owner} has its key already`, true);
      return;
    }
    const name = this.#nameOf(stanza);
    this.#owners.set(renderBase64(keys.key), name);
    if (keys.hmac === undefined)
      this.#warn(
        stanza,
        'it has no HMAC key: whoever changes a packet may be lucky; give client and server one',
      );
    const spaUser = settings.get('REQUIRE_USERNAME')?.value.text;
    this.#users.push({
      ...{ name, stanza: stanza.number, credential: keys },
      doors: doors.map((door) => this.#addDoor(door, name)),
      ...(spaUser === undefined ? {} : { spaUser }),
      ...(from === undefined ? {} : { from }),
      ...(until === undefined ? {} : { until }),
    });
  }

  #addDoor({ stem, lines }: DoorText, user: string): string {
    const key = lines.join('\n');
    const known = this.#doors.get(key);
    if (known !== undefined) {
      known.users.push(user);
      return known.name;
    }
    const taken = new Set([...this.#situation.doorNames, ...this.#doors.values().map((door) => door.name)]);
    const name = freeName(stem, taken);
    this.#doors.set(key, { name, lines, users: [user] });
    return name;
  }

  #nameOf({ number, settings }: AccessStanza): string {
    const taken = new Set([...this.#situation.userNames, ...this.#users.map((user) => user.name)]);
    const wanted = settings.get('REQUIRE_USERNAME')?.value.text ?? '';
    return freeName(isUserName(wanted) ? wanted : `fwknop-${number}`, taken);
  }

  #leave({ number }: AccessStanza, { name, file }: AccessSetting, what: string, isWhole = false): void {
    const place = { file: file.path, line: name.line, stanza: number };
    this.#leftOut.push({ ...place, ...(isWhole ? { isWhole } : {}), what });
  }

  #warn({ number, source: { name, file } }: AccessStanza, what: string): void {
    this.#warnings.push({ file: file.path, line: name.line, stanza: number, what });
  }
}

function freeName(stem: string, taken: ReadonlySet<string>): string {
  for (let n = 1; ; n++) {
    const name = n === 1 ? stem : `${stem.slice(0, 28)}-${n}`;
    if (!taken.has(name)) return name;
  }
}

function obstacleOf(stanza: AccessStanza): { readonly at: AccessSetting; readonly why: string } | undefined {
  const { settings, source } = stanza;
  if (isGpgAlone(settings)) {
    const why = 'GPG packets: give the user an SSH key with `bussa user add NAME KEY.pub`, or fwknop keys';
    return { at: [...settings.values()].find(({ name }) => isGpgName(name.text)) ?? source, why };
  }
  for (const [name, { isSet, why }] of Object.entries(OBSTACLES)) {
    const at = settings.get(name);
    if (at !== undefined && isSet(at.value.text)) return { at, why };
  }
  return undefined;
}

function endOf(settings: AccessStanza['settings']): string | undefined {
  const day = settings.get('ACCESS_EXPIRE');
  const epoch = settings.get('ACCESS_EXPIRE_EPOCH');
  const ends = [
    day === undefined ? undefined : readDay(day),
    epoch === undefined ? undefined : readEpoch(epoch),
  ];
  return ends.findLast((end) => end !== undefined);
}
