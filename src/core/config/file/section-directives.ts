import type { CommandLimits } from '../../door/command-limits.ts';
import type { DoorHookName, DoorHooks, Hook } from '../../door/hook.ts';
import { type Millis, seconds } from '../../net/time.ts';
import type { Findings } from '../../text/findings.ts';
import { quoteText } from '../../text/quote-text.ts';
import type { Word } from '../../text/word.ts';
import { parseDuration } from '../values/parse-duration.ts';
import { parseHook } from '../values/parse-hook.ts';
import { type Declared, readersOf, valued, type WrittenLine } from './declared.ts';

/** A Node.js timer counts at most 24 days. */
const MAX_LIMIT = seconds(7 * 86_400);

/** Each command is a process, and a door may run twice as many if it opens and closes at once. */
const MOST_COMMANDS = 1024;

/**
 * What a section says for its door, and the options for doors that do not say it. Hook `none`: nothing runs, even if
 * the options name a hook.
 */
export type SectionDraft = {
  readonly limits: { -readonly [K in keyof CommandLimits]: CommandLimits[K] };
  readonly hooks: Partial<Record<DoorHookName, Hook | 'none'>>;
};

/** Directives of a door that the options can also set for all doors. */
export const SECTION_DIRECTIVES = [
  {
    name: 'Start_Limit',
    section: 'any',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'commands',
      value: 'TIME',
      text: 'How long a start command may run before it is terminated with its process group; 0 for no limit.',
      default:
        'a minute if there is a `Stop_Command`, else no limit, because such a command may itself close the door',
    },
    read: valued((value, { limits }, findings) => {
      const time = parseLimit(value, 'Start_Limit', findings);
      if (time !== undefined) limits.start = time;
    }),
  },
  {
    name: 'Stop_Limit',
    section: 'any',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'commands',
      value: 'TIME',
      text: 'The same for a stop command, which is then run again.',
      default: '5 minutes',
    },
    read: valued((value, { limits }, findings) => {
      const time = parseLimit(value, 'Stop_Limit', findings);
      if (time !== undefined) limits.stop = time;
    }),
  },
  {
    name: 'Max_Commands',
    section: 'any',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'commands',
      value: 'NUMBER',
      text: `How many start commands of the door run at one time, and how many stop commands; more wait. At most ${MOST_COMMANDS}.`,
      default: '8',
    },
    read: valued((value, { limits }, findings) => {
      const number = parseNumber(value, findings);
      if (number !== undefined) limits.commands = number;
    }),
  },
  {
    name: 'On_Open',
    section: 'any',
    repeated: 'last',
    isNew: true,
    value: 'command',
    help: { list: 'hooks', value: 'HOOK', text: 'Runs when the door has opened for an address.' },
    read: doorHook('open'),
  },
  {
    name: 'On_Close',
    section: 'any',
    repeated: 'last',
    isNew: true,
    value: 'command',
    help: { list: 'hooks', value: 'HOOK', text: 'Runs when the door has closed.' },
    read: doorHook('close'),
  },
  {
    name: 'On_Refused',
    section: 'any',
    repeated: 'last',
    isNew: true,
    value: 'command',
    help: { list: 'hooks', value: 'HOOK', text: 'Runs when a knock was refused.' },
    read: doorHook('refused'),
  },
] as const satisfies readonly Declared<SectionDraft>[];

const READERS = readersOf<SectionDraft>(SECTION_DIRECTIVES);

/** The values of one section. */
export function parseForDoors(entries: readonly WrittenLine[], findings: Findings): SectionDraft {
  const draft: SectionDraft = { limits: {}, hooks: {} };
  for (const entry of entries) READERS.get(entry.directive.name)?.(entry, draft, findings);
  return draft;
}

/** A door's value overrides that of the options. Absent if everything is the default. */
export function mergeForDoor(
  own: SectionDraft,
  forAll: SectionDraft | undefined,
): { readonly hooks?: DoorHooks; readonly limits?: CommandLimits } {
  const texts = { ...forAll?.hooks, ...own.hooks };
  const hooks: Partial<Record<DoorHookName, Hook>> = {};
  for (const name of ['open', 'close', 'refused'] as const) {
    const hook = texts[name];
    if (hook !== undefined && hook !== 'none') hooks[name] = hook;
  }
  const limits = { ...forAll?.limits, ...own.limits };
  return {
    ...(Object.keys(hooks).length === 0 ? {} : { hooks }),
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
  };
}

function doorHook(name: DoorHookName): Declared<SectionDraft>['read'] {
  return valued((value, { hooks }, findings) => {
    const hook = value.text === '' ? 'none' : parseHook(value, findings);
    if (hook !== undefined) hooks[name] = hook;
  });
}

function parseLimit(value: Word, name: string, findings: Findings): Millis | undefined {
  const time = parseDuration(value, findings);
  if (time === undefined || time <= MAX_LIMIT) return time;
  findings.error(value, `${name} is 7 days at most: write 7d or less, or 0 for no limit`);
  return undefined;
}

function parseNumber(value: Word, findings: Findings): number | undefined {
  const number = /^[0-9]{1,9}$/.test(value.text) ? Number(value.text) : 0;
  if (number >= 1 && number <= MOST_COMMANDS) return number;
  const wrong =
    value.text === '' ? 'a number is missing' : `${quoteText(value.text)} is not a number of commands`;
  findings.error(value, `${wrong}: write a whole number from 1 to ${MOST_COMMANDS}`);
  return undefined;
}
