import { DEFAULT_MAX_LEASES } from '../../door/door.ts';
import { type Millis, seconds } from '../../net/time.ts';
import type { Findings } from '../../text/findings.ts';
import { escapeText, quoteText } from '../../text/quote-text.ts';
import type { Word } from '../../text/word.ts';
import { type CommandName, judgeCommandLength } from '../values/compile-opening.ts';
import { hasUnit, parseDuration } from '../values/parse-duration.ts';
import { parseLeasePrefix6 } from '../values/parse-lease-prefix6.ts';
import { parsePorts } from '../values/parse-ports.ts';
import { parseSeconds } from '../values/parse-seconds.ts';
import { type Declared, flag, valued } from './declared.ts';
import type { DoorDraft } from './door-draft.ts';

export const DEFAULT_CMD_TIMEOUT = seconds(10);

/** Limit of `Max_Leases`: each lease is an element in the kernel, a row on the disk and an entry in memory. */
const MOST_LEASES = 1_048_576;

/** What a door opens, and for how long. */
export const OPENING_DIRECTIVES = [
  {
    name: 'Open',
    section: 'door',
    repeated: 'both',
    isNew: true,
    value: 'word',
    help: {
      list: 'ports',
      value: 'PORTS',
      text: "The ports that the door opens in the firewall, for the knocker's address alone, as in `tcp/22, udp/51820, tcp/8000-8010`. To everybody else they are closed, over IPv4 and IPv6, and the kernel closes them again on time, even if the daemon is dead. With `forward` behind it (`tcp/8080 forward`), it is a port that goes through this host to a container or another host, named by the number that the knocker addresses.",
    },
    read: valued((value, draft, findings) => {
      draft.ports = parsePorts(value, draft.ports, findings);
    }),
  },
  {
    name: 'Single_Use',
    section: 'door',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'ports',
      value: 'yes|no',
      text: 'The first new connection uses up the opening: the next one finds the port closed. It needs `Open`.',
      default: '`no`',
    },
    read: flag(({ ways }) => ways, 'singleUse'),
  },
  {
    name: 'Hold',
    section: 'door',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'ports',
      value: 'yes|no',
      text: 'The door stays open as long as a connection made through it lives, and closes with the last one. Without a connection it closes at its normal time. It needs `Open`.',
      default: '`no`',
    },
    read: flag(({ ways }) => ways, 'hold'),
  },
  {
    name: 'Close_Kills',
    section: 'door',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'ports',
      value: 'yes|no',
      text: 'When the door closes, the connections made through it are cut; otherwise they live on. It needs `Open`.',
      default: '`no`',
    },
    read: flag(({ ways }) => ways, 'closeKills'),
  },
  {
    name: 'Lease_Prefix6',
    section: 'door',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'ports',
      value: 'BITS',
      text: 'A lease of an IPv6 knocker is for every address that shares this many leading bits with it, 48 to 128. With 64, a client whose privacy address changes stays let in, and so is everybody else in the same network. IPv4 is not affected. It needs `Open`.',
      default: '128, the single address',
    },
    read: valued((value, { ways }, findings) => {
      const bits = parseLeasePrefix6(value, findings);
      if (bits === undefined) delete ways.leasePrefix6;
      else ways.leasePrefix6 = bits;
    }),
  },
  {
    name: 'Max_Leases',
    section: 'door',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'ports',
      value: 'NUMBER',
      text: `How many addresses the door may be open for at one time; more are refused. At most ${MOST_LEASES}.`,
      default: `${DEFAULT_MAX_LEASES}`,
    },
    read: valued((value, { door }, findings) => {
      const number = parseMaxLeases(value, findings);
      if (number === undefined) delete door.maxLeases;
      else door.maxLeases = number;
    }),
  },
  {
    name: 'Start_Command',
    section: 'door',
    alias: 'Command',
    repeated: 'last',
    value: 'command',
    help: {
      list: 'commands',
      value: 'COMMAND',
      text: "`/bin/sh -c` runs it when the door opens, with the knocker's address in place of every `%IP%`, and the name of the user who has signed the knock, if any, in place of `%USER%`. The ports of `Open` are open by then.",
    },
    read: command('Start_Command'),
  },
  {
    name: 'Start_Command_6',
    section: 'door',
    alias: 'Command_6',
    repeated: 'last',
    value: 'command',
    help: {
      list: 'commands',
      value: 'COMMAND',
      text: '`Start_Command` for knocks over IPv6. Empty: nothing is run.',
      default: 'the command for IPv4',
    },
    read: command('Start_Command_6'),
  },
  {
    name: 'Cmd_Timeout',
    section: 'door',
    alias: 'Open_For',
    repeated: 'last',
    value: 'word',
    help: {
      list: 'commands',
      value: 'TIME',
      text: 'How long the door is open. A knock at an open door starts this time again. `Cmd_Timeout` takes whole seconds, because knockd would read `10m` as 10 seconds; `Open_For` takes units too: `90s`, `10m`, `2h`, `1d`.',
      default: `${DEFAULT_CMD_TIMEOUT / 1000}`,
    },
    read: valued((value, draft, findings, key) => {
      draft.cmdTimeout = parseOpenTime(value, key, findings) ?? draft.cmdTimeout;
    }),
  },
  {
    name: 'Stop_Command',
    section: 'door',
    repeated: 'last',
    value: 'command',
    help: {
      list: 'commands',
      value: 'COMMAND',
      text: 'Runs when the time of `Cmd_Timeout` is over.',
    },
    read: command('Stop_Command'),
  },
  {
    name: 'Stop_Command_6',
    section: 'door',
    repeated: 'last',
    value: 'command',
    help: {
      list: 'commands',
      value: 'COMMAND',
      text: '`Stop_Command` for knocks over IPv6. Empty: nothing is run.',
      default: 'the command for IPv4',
    },
    read: command('Stop_Command_6'),
  },
  {
    name: 'Cooldown',
    section: 'door',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'commands',
      value: 'TIME',
      text: 'For a door with neither `Open` nor `Stop_Command`: how long further knocks of the same address have no effect.',
      default: '0',
    },
    read: valued((value, { door }, findings) => {
      const cooldown = parseDuration(value, findings);
      if (cooldown !== undefined && cooldown > 0) door.cooldown = cooldown;
      else if (cooldown === 0) delete door.cooldown;
    }),
  },
] as const satisfies readonly Declared<DoorDraft>[];

function command(name: CommandName): Declared<DoorDraft>['read'] {
  return valued((value, { commands }, findings) => {
    commands[name] = value.text;
    judgeCommandLength(value, findings);
  });
}

/**
 * knockd's own directive accepts only seconds: knockd would read `10m` as 10 seconds, and a file must mean the same to
 * both.
 */
function parseOpenTime(value: Word, key: Word, findings: Findings): Millis | undefined {
  const isSeconds = /^(?:cmd_timeout)$/i.test(key.text);
  if (!isSeconds) return parseDuration(value, findings);
  if (!hasUnit(value.text)) return parseSeconds(value, findings);
  const remedy = `write whole seconds, or Open_For = ${value.text}`;
  findings.error(
    value,
    `${quoteText(value.text)}: ${escapeText(key.text)} has no units, because knockd would read only the digits: ${remedy}`,
  );
  return undefined;
}

function parseMaxLeases(value: Word, findings: Findings): number | undefined {
  const number = /^[0-9]{1,9}$/.test(value.text) ? Number(value.text) : 0;
  if (number >= 1 && number <= MOST_LEASES) return number;
  const wrong =
    value.text === '' ? 'a number is missing' : `${quoteText(value.text)} is not a number of leases`;
  findings.error(value, `${wrong}: write a whole number from 1 to ${MOST_LEASES}`);
  return undefined;
}
