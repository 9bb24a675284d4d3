import { type Directive, Grammar } from './grammar.ts';

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
  | 'Accept'
  | 'Users'
  | 'Seq_Timeout'
  | 'TCPFlags'
  | 'Target'
  | 'Start_Command'
  | 'Start_Command_6'
  | 'Cmd_Timeout'
  | 'Stop_Command'
  | 'Stop_Command_6'
  | 'Open'
  | 'Max_Open_For'
  | 'Require_Source'
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
  | 'Users_File'
  | 'Server_Key'
  | 'Signed_Port'
  | 'Reply'
  | 'Clock_Window'
  | 'On_Start'
  | 'On_Stop'
  | 'On_Open'
  | 'On_Close'
  | 'On_Refused';

export const DIRECTIVES: readonly Directive<DirectiveName>[] = [
  { name: 'UseSyslog', home: 'any', repeated: 'last', value: 'word' },
  { name: 'LogFile', home: 'options', repeated: 'last', value: 'path' },
  { name: 'Log_Format', home: 'options', repeated: 'last', isNew: true, value: 'word' },
  { name: 'PidFile', home: 'options', repeated: 'last', value: 'path' },
  { name: 'Metrics', home: 'options', repeated: 'last', isNew: true, value: 'path' },
  { name: 'Interface', home: 'options', repeated: 'first', value: 'word' },
  { name: 'Sequence', home: 'door', repeated: 'last', value: 'word' },
  { name: 'One_Time_Sequences', home: 'door', repeated: 'last', value: 'path' },
  { name: 'Accept', home: 'door', repeated: 'last', isNew: true, value: 'word' },
  { name: 'Users', home: 'door', repeated: 'both', isNew: true, value: 'word' },
  { name: 'Seq_Timeout', home: 'door', alias: 'Timeout', repeated: 'last', value: 'word' },
  { name: 'TCPFlags', home: 'door', repeated: 'both', value: 'word' },
  { name: 'Target', home: 'door', repeated: 'last', value: 'word' },
  { name: 'Start_Command', home: 'door', alias: 'Command', repeated: 'last', value: 'command' },
  { name: 'Start_Command_6', home: 'door', alias: 'Command_6', repeated: 'last', value: 'command' },
  { name: 'Cmd_Timeout', home: 'door', alias: 'Open_For', repeated: 'last', value: 'word' },
  { name: 'Stop_Command', home: 'door', repeated: 'last', value: 'command' },
  { name: 'Stop_Command_6', home: 'door', repeated: 'last', value: 'command' },
  { name: 'Open', home: 'door', repeated: 'both', isNew: true, value: 'word' },
  { name: 'Max_Open_For', home: 'door', repeated: 'last', isNew: true, value: 'word' },
  { name: 'Require_Source', home: 'door', repeated: 'last', isNew: true, value: 'word' },
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
  { name: 'Users_File', home: 'options', repeated: 'last', isNew: true, value: 'path' },
  { name: 'Server_Key', home: 'options', repeated: 'last', isNew: true, value: 'path' },
  { name: 'Signed_Port', home: 'options', repeated: 'last', isNew: true, value: 'word' },
  { name: 'Reply', home: 'options', repeated: 'last', isNew: true, value: 'word' },
  { name: 'Clock_Window', home: 'options', repeated: 'last', isNew: true, value: 'word' },
  { name: 'On_Start', home: 'options', repeated: 'last', isNew: true, value: 'command' },
  { name: 'On_Stop', home: 'options', repeated: 'last', isNew: true, value: 'command' },
  { name: 'On_Open', home: 'any', repeated: 'last', isNew: true, value: 'command' },
  { name: 'On_Close', home: 'any', repeated: 'last', isNew: true, value: 'command' },
  { name: 'On_Refused', home: 'any', repeated: 'last', isNew: true, value: 'command' },
];

export const CONFIG_GRAMMAR = new Grammar(DIRECTIVES, { section: 'door', example: '[openSSH]' });

/** The spelling that an unknown word comes nearest to, if any is near. */
export const nearestDirective = (word: string): string | undefined => CONFIG_GRAMMAR.nearest(word);
