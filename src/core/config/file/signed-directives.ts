import { MAX_PORT, type Port, parsePort } from '../../net/port.ts';
import type { Findings } from '../../text/findings.ts';
import { quoteText } from '../../text/quote-text.ts';
import type { Word } from '../../text/word.ts';
import { parseDuration } from '../values/parse-duration.ts';
import { DEFAULT_CLOCK_WINDOW, DEFAULT_SERVER_KEY, DEFAULT_USERS_FILE, MAX_CLOCK_WINDOW } from './config.ts';
import type { Declared } from './declared.ts';
import { isGiven, parseAbsolute, parseChoice, type SettingsDraft } from './settings-draft.ts';

/** Settings for signed knocks. */
export const SIGNED_DIRECTIVES = [
  {
    name: 'Users_File',
    section: 'options',
    repeated: 'last',
    isNew: true,
    value: 'path',
    help: {
      list: 'options',
      value: 'FILE',
      text: 'The [users file](#the-users-file), which says who may sign knocks.',
      default: `\`${DEFAULT_USERS_FILE}\``,
    },
    example: 'Users_File = /etc/bussa/users.conf',
    read: (entry, draft, findings) => {
      const path = isGiven(entry, findings)
        ? parseAbsolute(entry.directive.name, entry.value, findings)
        : undefined;
      if (path !== undefined) draft.usersFile = path;
    },
  },
  {
    name: 'Server_Key',
    section: 'options',
    repeated: 'last',
    isNew: true,
    value: 'path',
    help: {
      list: 'options',
      value: 'FILE',
      text: "The server's secret key, to which signed knocks are encrypted. `bussa user add` and `bussa key` create it.",
      default: `\`${DEFAULT_SERVER_KEY}\``,
    },
    example: 'Server_Key = /etc/bussa/server.key',
    read: (entry, draft, findings) => {
      const path = isGiven(entry, findings)
        ? parseAbsolute(entry.directive.name, entry.value, findings)
        : undefined;
      if (path !== undefined) draft.serverKey = path;
    },
  },
  {
    name: 'Signed_Port',
    section: 'options',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'options',
      value: 'PORT',
      text: 'The UDP port that signed knocks are sent to. Nothing listens there. Needed if a door has `accept = key`; `bussa user add` chooses one.',
      default: 'none',
    },
    example: 'Signed_Port = 40617',
    read: (entry, draft, findings) => {
      const port = isGiven(entry, findings) ? parseSignedPort(entry.value, findings) : undefined;
      if (port !== undefined) draft.signedPort = port;
    },
  },
  {
    name: 'Reply',
    section: 'options',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'options',
      value: 'yes|no',
      text: '`yes`: the daemon answers a signed knock with an encrypted packet that says what became of it. `no`: the daemon never sends a packet.',
      default: '`yes`',
    },
    example: 'Reply = no',
    read: (entry, draft, findings) => {
      const choice = parseChoice(entry, ['yes', 'no'] as const, findings);
      if (choice !== undefined) draft.reply = choice;
    },
  },
  {
    name: 'Clock_Window',
    section: 'options',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'options',
      value: 'TIME',
      text: "How much the time in a signed knock may differ from the server's, 1 second to 1 hour.",
      default: `\`${DEFAULT_CLOCK_WINDOW / 1000}\``,
    },
    example: 'Clock_Window = 2m',
    read: (entry, draft, findings) => {
      const window = isGiven(entry, findings) ? parseDuration(entry.value, findings) : undefined;
      if (window === undefined) return;
      if (window > 0 && window <= MAX_CLOCK_WINDOW) draft.clockWindow = window;
      else findings.error(entry.value as Word, 'Clock_Window is from 1 second to 1 hour: write 60s, or such');
    },
  },
] as const satisfies readonly Declared<SettingsDraft>[];

function parseSignedPort(value: Word, findings: Findings): Port | undefined {
  const port = parsePort(value.text);
  if (port === undefined)
    findings.error(
      value,
      `${quoteText(value.text)} is not a port: write a UDP port from 1 to ${MAX_PORT} that no service uses`,
    );
  return port;
}

/** The daemon's directory is `/`, and that of the verbs that edit the file is another. */
