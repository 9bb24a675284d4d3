import { renderBase64 } from '../bytes/base64.ts';
import { isUserName } from '../config/values/parse-names.ts';
import { type Prefix, renderPrefix } from '../net/prefix.ts';
import { renderSpaLine } from '../spa/render-fwknoprc.ts';
import type { SpaCredential } from '../spa/spa-credential.ts';
import type { WantedPort } from '../spa/spa-request.ts';
import { readDay, readEpoch, readNetworks, readUserName } from './access-values.ts';
import type { AccessSetting, AccessStanza } from './read-access.ts';
import { type DoorText, doorTexts } from './stanza-doors.ts';
import { keysOf } from './stanza-keys.ts';
import { dispensableIn, obstacleOf } from './stanza-obstacles.ts';

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
  /** An earlier import has taken it over. */
  readonly isThere?: true;
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

/** A stanza that is taken over. */
type Taken = {
  readonly stanza: AccessStanza;
  readonly credential: SpaCredential;
  readonly doors: readonly DoorText[];
  readonly from?: readonly Prefix[];
  readonly until?: string;
  readonly spaUser?: string;
};

/** The doors and users for the stanzas. Mistakes are findings in the stanzas' files. */
export function planAccess(stanzas: readonly AccessStanza[], situation: ImportSituation): AccessPlan {
  const planner = new AccessPlanner(situation);
  for (const stanza of stanzas) planner.take(stanza);
  return planner.plan();
}

const WHOLE = { isWhole: true } as const;

class AccessPlanner {
  readonly #situation: ImportSituation;
  /** By the key's base64: the stanzas that become one user. */
  readonly #taken = new Map<string, [Taken, ...Taken[]]>();
  /** By their content. */
  readonly #doors = new Map<string, ImportedDoor>();
  readonly #users: ImportedUser[] = [];
  readonly #leftOut: SkippedSetting[] = [];
  readonly #warnings: SkippedSetting[] = [];

  constructor(situation: ImportSituation) {
    this.#situation = situation;
  }

  plan(): AccessPlan {
    for (const group of this.#taken.values()) this.#addUser(group);
    return {
      ...{ doors: [...this.#doors.values()], users: this.#users },
      ...{ leftOut: this.#leftOut, warnings: this.#warnings },
    };
  }

  take(stanza: AccessStanza): void {
    const { settings, source } = stanza;
    // All values are checked, even of a skipped stanza, so that every mistake is reported.
    const from = readNetworks(source);
    const credential = keysOf(stanza);
    const doors = doorTexts(stanza, this.#situation.ports);
    const until = endOf(settings);
    const spaUser = readUserName(settings.get('REQUIRE_USERNAME'));
    for (const { at, why } of dispensableIn(settings)) this.#leave(stanza, at, why);
    const obstacle = obstacleOf(stanza);
    if (obstacle !== undefined) this.#leave(stanza, obstacle.at, obstacle.why, WHOLE);
    if (obstacle !== undefined || credential === undefined) return;
    if (typeof doors === 'string') {
      this.#leave(stanza, source, doors, WHOLE);
      return;
    }
    this.#group({
      ...{ stanza, credential, doors },
      ...(from === undefined ? {} : { from }),
      ...(until === undefined ? {} : { until }),
      ...(spaUser === undefined ? {} : { spaUser }),
    });
  }

  /** fwknopd tries the stanzas with a packet's key one after the other. A user may have several doors instead. */
  #group(taken: Taken): void {
    const { stanza, credential } = taken;
    const key = renderBase64(credential.key);
    const owner = this.#situation.keyOwners.get(key);
    const group = this.#taken.get(key);
    const ownKey = 'give its client a key of its own with `bussa user add NAME --spa`';
    if (owner !== undefined)
      this.#leave(stanza, stanza.source, `the user ${owner} has its key already`, {
        ...WHOLE,
        isThere: true,
      });
    else if (group === undefined) this.#taken.set(key, [taken]);
    else if (identityOf(group[0]) === identityOf(taken)) group.push(taken);
    else {
      const other = `its key is that of stanza ${group[0].stanza.number}, with another HMAC, user name or end`;
      this.#leave(stanza, stanza.source, `${other}: ${ownKey}`, WHOLE);
    }
  }

  #addUser(group: readonly [Taken, ...Taken[]]): void {
    const [{ stanza, credential, spaUser, until }] = group;
    const name = this.#nameOf(group[0]);
    const hasOneSource = new Set(group.map(({ from }) => renderSource(from))).size === 1;
    const all = group.flatMap(({ from }) => (from === undefined ? [] : [from]));
    const from = all.length < group.length ? undefined : hasOneSource ? all[0] : all.flat();
    const doors = group.flatMap((one) => {
      const allow = hasOneSource || one.from === undefined ? [] : [`allow = ${renderSource(one.from)}`];
      return one.doors.map(({ stem, lines }) => this.#addDoor({ stem, lines: [...lines, ...allow] }, name));
    });
    if (credential.hmac === undefined)
      this.#warn(
        stanza,
        'it has no HMAC key: whoever changes a packet may be lucky; give client and server one',
      );
    this.#users.push({
      ...{ name, stanza: stanza.number, credential, doors: [...new Set(doors)] },
      ...(spaUser === undefined ? {} : { spaUser }),
      ...(from === undefined ? {} : { from }),
      ...(until === undefined ? {} : { until }),
    });
  }

  #addDoor({ stem, lines }: DoorText, user: string): string {
    const key = lines.join('\n');
    const known = this.#doors.get(key);
    if (known !== undefined) {
      if (!known.users.includes(user)) known.users.push(user);
      return known.name;
    }
    const taken = new Set([...this.#situation.doorNames, ...this.#doors.values().map((door) => door.name)]);
    const name = freeName(stem, taken);
    this.#doors.set(key, { name, lines, users: [user] });
    return name;
  }

  #nameOf({ stanza, spaUser = '' }: Taken): string {
    const taken = new Set([...this.#situation.userNames, ...this.#users.map((user) => user.name)]);
    return freeName(isUserName(spaUser) ? spaUser : `fwknop-${stanza.number}`, taken);
  }

  #leave(
    { number }: AccessStanza,
    { name, file }: AccessSetting,
    what: string,
    kind: Pick<SkippedSetting, 'isWhole' | 'isThere'> = {},
  ): void {
    this.#leftOut.push({ file: file.path, line: name.line, stanza: number, ...kind, what });
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

/** Stanzas with a key may be one user if they agree in this. */
const identityOf = ({ credential, spaUser, until }: Taken): string =>
  `${renderSpaLine(credential, spaUser)} ${until ?? ''}`;

const renderSource = (from: readonly Prefix[] | undefined): string =>
  from === undefined ? 'ANY' : from.map(renderPrefix).join(', ');

/** Either name sets it; the last one counts. */
function endOf(settings: AccessStanza['settings']): string | undefined {
  const ends = [...settings.values()].flatMap((one) => {
    if (one.name.text === 'ACCESS_EXPIRE') return [readDay(one)];
    return one.name.text === 'ACCESS_EXPIRE_EPOCH' ? [readEpoch(one)] : [];
  });
  return ends.at(-1);
}
