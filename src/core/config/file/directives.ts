import { nearestWord } from '../../text/nearest-word.ts';

/** A directive under the first of its spellings. The manual page knockd(1) describes those of knockd. */
export type DirectiveName =
  | 'UseSyslog'
  | 'LogFile'
  | 'Log_Format'
  | 'PidFile'
  | 'Metrics'
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
  | 'Stop_Command_6'
  | 'Open'
  | 'Single_Use'
  | 'Hold'
  | 'Close_Kills'
  | 'Lease_Prefix6'
  | 'Allow'
  | 'Deny'
  | 'Max_Leases'
  | 'Cooldown'
  | 'Start_Limit'
  | 'Stop_Limit'
  | 'Max_Commands'
  | 'Firewall'
  | 'Attach'
  | 'On_Exit'
  | 'Control_Group'
  | 'Scan_Guard'
  | 'Scan_Penalty'
  | 'Scan_Ignore'
  | 'On_Start'
  | 'On_Stop'
  | 'On_Open'
  | 'On_Close'
  | 'On_Refused';

export type Directive = {
  readonly name: DirectiveName;
  /** The section it belongs in. */
  readonly home: 'options' | 'door' | 'any';
  readonly alias?: string;
  /** Of two in one section: which counts. */
  readonly repeated: 'first' | 'last' | 'both';
  /** Unknown to knockd. */
  readonly isNew?: true;
  /** Free text may hold a `#`; in all else it is a misplaced comment. */
  readonly value: 'word' | 'path' | 'command';
};

export const DIRECTIVES: readonly Directive[] = [
  { name: 'UseSyslog', home: 'any', repeated: 'last', value: 'word' },
  { name: 'LogFile', home: 'options', repeated: 'last', value: 'path' },
  { name: 'Log_Format', home: 'options', repeated: 'last', isNew: true, value: 'word' },
  { name: 'PidFile', home: 'options', repeated: 'last', value: 'path' },
  { name: 'Metrics', home: 'options', repeated: 'last', isNew: true, value: 'path' },
  { name: 'Interface', home: 'options', repeated: 'first', value: 'word' },
  { name: 'Sequence', home: 'door', repeated: 'last', value: 'word' },
  { name: 'One_Time_Sequences', home: 'door', repeated: 'last', value: 'path' },
  { name: 'Seq_Timeout', home: 'door', alias: 'Timeout', repeated: 'last', value: 'word' },
  { name: 'TCPFlags', home: 'door', repeated: 'both', value: 'word' },
  { name: 'Target', home: 'door', repeated: 'last', value: 'word' },
  { name: 'Start_Command', home: 'door', alias: 'Command', repeated: 'last', value: 'command' },
  { name: 'Start_Command_6', home: 'door', alias: 'Command_6', repeated: 'last', value: 'command' },
  { name: 'Cmd_Timeout', home: 'door', alias: 'Open_For', repeated: 'last', value: 'word' },
  { name: 'Stop_Command', home: 'door', repeated: 'last', value: 'command' },
  { name: 'Stop_Command_6', home: 'door', repeated: 'last', value: 'command' },
  { name: 'Open', home: 'door', repeated: 'both', isNew: true, value: 'word' },
  { name: 'Single_Use', home: 'door', repeated: 'last', isNew: true, value: 'word' },
  { name: 'Hold', home: 'door', repeated: 'last', isNew: true, value: 'word' },
  { name: 'Close_Kills', home: 'door', repeated: 'last', isNew: true, value: 'word' },
  { name: 'Lease_Prefix6', home: 'door', repeated: 'last', isNew: true, value: 'word' },
  { name: 'Allow', home: 'door', repeated: 'both', isNew: true, value: 'word' },
  { name: 'Deny', home: 'door', repeated: 'both', isNew: true, value: 'word' },
  { name: 'Max_Leases', home: 'door', repeated: 'last', isNew: true, value: 'word' },
  { name: 'Cooldown', home: 'door', repeated: 'last', isNew: true, value: 'word' },
  { name: 'Start_Limit', home: 'any', repeated: 'last', isNew: true, value: 'word' },
  { name: 'Stop_Limit', home: 'any', repeated: 'last', isNew: true, value: 'word' },
  { name: 'Max_Commands', home: 'any', repeated: 'last', isNew: true, value: 'word' },
  { name: 'Firewall', home: 'options', repeated: 'last', isNew: true, value: 'word' },
  { name: 'Attach', home: 'options', repeated: 'both', isNew: true, value: 'word' },
  { name: 'On_Exit', home: 'options', repeated: 'last', isNew: true, value: 'word' },
  { name: 'Control_Group', home: 'options', repeated: 'last', isNew: true, value: 'word' },
  { name: 'Scan_Guard', home: 'options', repeated: 'last', isNew: true, value: 'word' },
  { name: 'Scan_Penalty', home: 'options', repeated: 'last', isNew: true, value: 'word' },
  { name: 'Scan_Ignore', home: 'options', repeated: 'both', isNew: true, value: 'word' },
  { name: 'On_Start', home: 'options', repeated: 'last', isNew: true, value: 'command' },
  { name: 'On_Stop', home: 'options', repeated: 'last', isNew: true, value: 'command' },
  { name: 'On_Open', home: 'any', repeated: 'last', isNew: true, value: 'command' },
  { name: 'On_Close', home: 'any', repeated: 'last', isNew: true, value: 'command' },
  { name: 'On_Refused', home: 'any', repeated: 'last', isNew: true, value: 'command' },
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
