import { nearestWord } from './nearest-word.ts';

/** A directive under the first of its spellings; the manual page knockd(1) describes each. */
export type DirectiveName =
  | 'UseSyslog'
  | 'LogFile'
  | 'PidFile'
  | 'Interface'
  | 'Sequence'
  | 'One_Time_Sequences'
  | 'Seq_Timeout'
  | 'TCPFlags'
  | 'Target'
  | 'Start_Command'
  | 'Start_Command_6'
  | 'Cmd_Timeout'
  | 'Stop_Command'
  | 'Stop_Command_6';

export type Directive = {
  readonly name: DirectiveName;
  /** The section it belongs in. */
  readonly home: 'options' | 'door' | 'any';
  readonly alias?: string;
  /** Of two in one section: which counts, as in knockd. */
  readonly repeated: 'first' | 'last' | 'both';
  /** Free text may hold a `#`; in all else it is a misplaced comment. */
  readonly value: 'word' | 'path' | 'command';
};

export const DIRECTIVES: readonly Directive[] = [
  { name: 'UseSyslog', home: 'any', repeated: 'last', value: 'word' },
  { name: 'LogFile', home: 'options', repeated: 'last', value: 'path' },
  { name: 'PidFile', home: 'options', repeated: 'last', value: 'path' },
  { name: 'Interface', home: 'options', repeated: 'first', value: 'word' },
  { name: 'Sequence', home: 'door', repeated: 'last', value: 'word' },
  { name: 'One_Time_Sequences', home: 'door', repeated: 'last', value: 'path' },
  { name: 'Seq_Timeout', home: 'door', alias: 'Timeout', repeated: 'last', value: 'word' },
  { name: 'TCPFlags', home: 'door', repeated: 'both', value: 'word' },
  { name: 'Target', home: 'door', repeated: 'last', value: 'word' },
  { name: 'Start_Command', home: 'door', alias: 'Command', repeated: 'last', value: 'command' },
  { name: 'Start_Command_6', home: 'door', alias: 'Command_6', repeated: 'last', value: 'command' },
  { name: 'Cmd_Timeout', home: 'door', repeated: 'last', value: 'word' },
  { name: 'Stop_Command', home: 'door', repeated: 'last', value: 'command' },
  { name: 'Stop_Command_6', home: 'door', repeated: 'last', value: 'command' },
];

const SPELLINGS: readonly string[] = DIRECTIVES.flatMap(({ name, alias }) =>
  alias === undefined ? [name] : [name, alias],
);

const BY_SPELLING: ReadonlyMap<string, Directive> = new Map(
  DIRECTIVES.flatMap((directive) =>
    [directive.name, directive.alias ?? directive.name].map((word) => [word.toLowerCase(), directive]),
  ),
);

export function findDirective(word: string): Directive | undefined {
  return BY_SPELLING.get(word.toLowerCase());
}

/** The spelling that an unknown word comes nearest to, if any is near. */
export function nearestDirective(word: string): string | undefined {
  return nearestWord(word, SPELLINGS);
}

/** The directives of one kind of section, for a message. */
export function listDirectives(home: 'options' | 'door'): string {
  const inHome = DIRECTIVES.filter((directive) => directive.home === home || directive.home === 'any');
  return inHome.map(({ name }) => name).join(', ');
}
