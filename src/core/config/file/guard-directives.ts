import { quoteText } from '../../text/quote-text.ts';
import type { Word } from '../../text/word.ts';
import { isGroupName } from '../values/group-name.ts';
import { parseAttach } from '../values/parse-attach.ts';
import { parseDuration } from '../values/parse-duration.ts';
import { parseHook } from '../values/parse-hook.ts';
import { parsePorts } from '../values/parse-ports.ts';
import { DEFAULT_SCAN_PENALTY, MAX_SCAN_PENALTY } from './config.ts';
import type { Declared } from './declared.ts';
import { isGiven, parseChoice, type SettingsDraft } from './settings-draft.ts';

/** The firewall, access to the control socket, and the scan guard. */
export const GUARD_DIRECTIVES = [
  {
    name: 'Firewall',
    section: 'options',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'options',
      value: 'auto|nftables|iptables',
      text: "The firewall in which the doors' ports are opened: `nftables`, `iptables`, or `auto` (detected).",
      default: '`auto`',
    },
    example: 'Firewall = nftables',
    read: (entry, draft, findings) => {
      const choice = parseChoice(entry, ['nftables', 'iptables', 'auto'] as const, findings);
      if (choice !== undefined) draft.firewall = choice;
    },
  },
  {
    name: 'Attach',
    section: 'options',
    repeated: 'both',
    isNew: true,
    value: 'word',
    help: {
      list: 'options',
      value: 'FAMILY TABLE CHAIN[,...]',
      text: 'With nftables: chains of your own ruleset that must let leased sources in, each as family (`inet`, `ip` or `ip6`), table and chain, separated by commas.',
      default: 'none',
    },
    example: 'Attach = inet filter input, inet filter forward',
    read: (entry, draft, findings) => {
      if (!isGiven(entry, findings)) return;
      const [first, ...rest] = parseAttach(entry.value, draft.attach ?? [], findings);
      if (first !== undefined) draft.attach = [first, ...rest];
    },
  },
  {
    name: 'On_Exit',
    section: 'options',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'options',
      value: 'open|keep',
      text: 'What an orderly stop does: `open` the ports that the daemon closed, or `keep` them closed.',
      default: '`open`',
    },
    example: 'On_Exit = keep',
    read: (entry, draft, findings) => {
      const choice = parseChoice(entry, ['open', 'keep'] as const, findings);
      if (choice !== undefined) draft.onExit = choice;
    },
  },
  {
    name: 'Control_Group',
    section: 'options',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'options',
      value: 'GROUP',
      text: 'The group, by name or number, whose members may use `bussa status`, `open` and all other verbs that ask the daemon. Its members can open every door: name no group that has other members than operators ([privileges.md](privileges.md#the-control-socket)).',
      default: "the daemon's own user alone",
    },
    example: 'Control_Group = knockops',
    read: (entry, draft, findings) => {
      if (!isGiven(entry, findings)) return;
      const { text } = entry.value;
      if (isGroupName(text)) draft.controlGroup = text;
      else
        findings.error(
          entry.value,
          `${quoteText(text)} is not a group: write its name, such as adm, or its number`,
        );
    },
  },
  {
    name: 'Scan_Guard',
    section: 'options',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'options',
      value: 'on|off',
      text: '`on`: ports that a scan touches and a knocker does not are [decoy ports](threats.md#a-port-scan), and a source that touches two of them has to knock twice in a row. `off`: as knockd.',
      default: '`on`',
    },
    example: 'Scan_Guard = off',
    read: (entry, draft, findings) => {
      const choice = parseChoice(entry, ['on', 'off'] as const, findings);
      if (choice !== undefined) draft.scanGuard = choice;
    },
  },
  {
    name: 'Scan_Penalty',
    section: 'options',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'options',
      value: 'TIME',
      text: 'How long the penalty lasts after the last touch; `0`: only the pending attempt is lost. A day at most.',
      default: `\`${DEFAULT_SCAN_PENALTY / 1000}\``,
    },
    example: 'Scan_Penalty = 10m',
    read: (entry, draft, findings) => {
      const penalty = isGiven(entry, findings) ? parseDuration(entry.value, findings) : undefined;
      if (penalty === undefined) return;
      if (penalty <= MAX_SCAN_PENALTY) draft.scanPenalty = penalty;
      else findings.error(entry.value as Word, 'Scan_Penalty is a day at most: write 1d or less');
    },
  },
  {
    name: 'Scan_Ignore',
    section: 'options',
    repeated: 'both',
    isNew: true,
    value: 'word',
    help: {
      list: 'options',
      value: 'PORTS',
      text: "Ports that are in use although no socket of this host shows it (a container's, published by rules alone), written as in [`Open`](#open). They are not decoy ports.",
      default: 'none',
    },
    example: 'Scan_Ignore = tcp/8080, tcp/20000-20100',
    read: (entry, draft, findings) => {
      if (!isGiven(entry, findings)) return;
      const [first, ...rest] = parsePorts(entry.value, draft.scanIgnore ?? [], findings);
      if (first !== undefined) draft.scanIgnore = [first, ...rest];
    },
  },
  {
    name: 'On_Start',
    section: 'options',
    repeated: 'last',
    isNew: true,
    value: 'command',
    help: {
      list: 'options',
      value: 'HOOK',
      text: 'A [hook](#hooks) that runs when the daemon starts to listen.',
      default: 'nothing',
    },
    example: 'On_Start = /usr/bin/logger "bussa listens"',
    read: (entry, draft, findings) => {
      const hook = isGiven(entry, findings) ? parseHook(entry.value, findings) : undefined;
      if (hook !== undefined) draft.hooks = { ...draft.hooks, start: hook };
    },
  },
  {
    name: 'On_Stop',
    section: 'options',
    repeated: 'last',
    isNew: true,
    value: 'command',
    help: {
      list: 'options',
      value: 'HOOK',
      text: 'A [hook](#hooks) that runs when the daemon stops, after the doors are closed.',
      default: 'nothing',
    },
    example: 'On_Stop = /usr/bin/logger "bussa ends"',
    read: (entry, draft, findings) => {
      const hook = isGiven(entry, findings) ? parseHook(entry.value, findings) : undefined;
      if (hook !== undefined) draft.hooks = { ...draft.hooks, stop: hook };
    },
  },
] as const satisfies readonly Declared<SettingsDraft>[];
