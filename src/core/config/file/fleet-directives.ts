import { parseEngine, renderEngine } from '../../fleet/engine-address.ts';
import { FLEET_NAME_FORM, isFleetName } from '../../fleet/fleet-name.ts';
import { type Millis, seconds } from '../../net/time.ts';
import type { Findings } from '../../text/findings.ts';
import { quoteText } from '../../text/quote-text.ts';
import type { Word } from '../../text/word.ts';
import { isGroupName } from '../values/group-name.ts';
import { parseDuration } from '../values/parse-duration.ts';
import {
  DEFAULT_FLEET_KEY,
  DEFAULT_FLEET_MEMBERS,
  DEFAULT_FLEET_SKEW,
  type FleetSettings,
} from './config.ts';
import { type Declared, valued } from './declared.ts';
import { parseAbsolute } from './settings-draft.ts';

/** More than the error of any maintained clock. */
const MAX_SKEW = seconds(3600);

export type FleetDraft = { -readonly [K in keyof FleetSettings]?: FleetSettings[K] };

/** The section [fleet]. */
export const FLEET_DIRECTIVES = [
  {
    name: 'Engine',
    section: 'fleet',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'fleet',
      value: 'URL',
      text: 'The Valkey or Redis server through which the members communicate: `valkeys://USER@HOST:PORT` (TLS), `valkeys+sentinel://USER@HOST,HOST/PRIMARY`, or `unix:///PATH`. Without TLS (`valkey://`) only an engine on this host is possible.',
    },
    read: valued((value, draft, findings) => {
      const read = parseEngine(value.text);
      if (read.kind === 'engine') draft.engine = renderEngine(read.engine);
      else findings.error(value, read.reason);
    }),
  },
  {
    name: 'Name',
    section: 'fleet',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'fleet',
      value: 'NAME',
      text: "This host's name in the fleet, as in the other members' members files.",
    },
    read: valued((value, draft, findings) => {
      if (isFleetName(value.text)) draft.name = value.text;
      else
        findings.error(
          value,
          `${quoteText(value.text)} is not the name of a member: it has ${FLEET_NAME_FORM}`,
        );
    }),
  },
  {
    name: 'Key',
    section: 'fleet',
    repeated: 'last',
    isNew: true,
    value: 'path',
    help: {
      list: 'fleet',
      value: 'FILE',
      text: 'The secret key of this host. `bussa fleet init` makes it.',
      default: `\`${DEFAULT_FLEET_KEY}\``,
    },
    read: valued((value, draft, findings, key) => {
      const path = parseAbsolute('Key', value.text === '' ? key : value, findings);
      if (path !== undefined) draft.keyFile = path;
    }),
  },
  {
    name: 'Members',
    section: 'fleet',
    repeated: 'last',
    isNew: true,
    value: 'path',
    help: {
      list: 'fleet',
      value: 'FILE',
      text: 'The other members, one per line: name, public key, and what they may do here (`doors=NAME,…`, `bans`).',
      default: `\`${DEFAULT_FLEET_MEMBERS}\``,
    },
    read: valued((value, draft, findings, key) => {
      const path = parseAbsolute('Members', value.text === '' ? key : value, findings);
      if (path !== undefined) draft.membersFile = path;
    }),
  },
  {
    name: 'Skew',
    section: 'fleet',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'fleet',
      value: 'TIME',
      text: 'How much the clocks of two members may differ. Messages of a member with another clock are refused. An hour at most.',
      default: `\`${DEFAULT_FLEET_SKEW / 1000}\``,
    },
    read: valued((value, draft, findings) => {
      const skew = parseSkew(value, findings);
      if (skew !== undefined) draft.skew = skew;
    }),
  },
  {
    name: 'Group',
    section: 'fleet',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'fleet',
      value: 'GROUP',
      text: "The group, by name or number, that `bussa fleet` runs with. It can connect to the daemon's socket `fleet`, but cannot control the daemon there.",
      default: "the daemon's own user alone",
    },
    read: valued((value, draft, findings) => {
      if (isGroupName(value.text)) draft.group = value.text;
      else
        findings.error(
          value,
          `${quoteText(value.text)} is not a group: write its name, such as bussa-fleet, or its number`,
        );
    }),
  },
] as const satisfies readonly Declared<FleetDraft>[];

function parseSkew(value: Word, findings: Findings): Millis | undefined {
  const skew = parseDuration(value, findings);
  if (skew === undefined || (skew > 0 && skew <= MAX_SKEW)) return skew;
  findings.error(value, 'Skew is 1 second to 1 hour: write a time such as 60 or 2m');
  return undefined;
}
