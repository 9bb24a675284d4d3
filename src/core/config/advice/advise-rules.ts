import type { Findings } from '../../text/findings.ts';
import { quoteText } from '../../text/quote-text.ts';
import { sliceWord, type Word } from '../../text/word.ts';
import type { Entry, Section } from '../file/read-sections.ts';
import { misspeltPlaceholder } from './advise-words.ts';
import { type IptablesRule, iptablesRule, isIptables, ruleDifference } from './iptables-rule.ts';
import { type SimpleCommand, simpleCommands } from './simple-commands.ts';
import { type HostFacts, lastEntry } from './written-door.ts';

/** Warns about the firewall rules in a door's commands. Commands that are not understood are skipped. */
export function adviseRules(section: Section, host: HostFacts, findings: Findings): void {
  if (section.kind !== 'door') return;
  const stop = lastEntry(section, 'Stop_Command');
  const stop6 = lastEntry(section, 'Stop_Command_6');
  for (const [startName, ownStop] of [
    ['Start_Command', stop],
    ['Start_Command_6', stop6 ?? stop],
  ] as const) {
    const start = lastEntry(section, startName)?.value;
    if (start === undefined || start.text === '') continue;
    judgeAddress(start, ownStop, findings);
    for (const command of simpleCommands(start.text) ?? []) judgeRule(start, command, host, findings);
    // Without its own IPv6 command, the stop is judged with the IPv4 start.
    if (startName === 'Start_Command' || stop6 !== undefined) judgePair(start, ownStop?.value, findings);
  }
}

/** Programs whose effect usually does not depend on the address. */
const PLAIN = new Set(
  (
    'systemctl service rc-service rc-update initctl invoke-rc.d sv docker podman wg-quick wakeonlan etherwake ether-wake ' +
    'wol reboot shutdown poweroff halt telinit init echo printf logger mail mailx sendmail curl wget touch rm cp mv mkdir ' +
    'ln kill pkill killall mount umount true false date cat tee sleep nmcli ifup ifdown virsh qm pct lxc-start screen tmux ' +
    'chmod chown ssh test [ : notify-send ntfy sync'
  ).split(' '),
);

function judgeAddress(start: Word, stop: Entry | undefined, findings: Findings): void {
  const commands = simpleCommands(start.text);
  if (commands === undefined || misspeltPlaceholder(start.text) !== undefined) return;
  const opener = commands.find(opensToAll);
  if (opener !== undefined) {
    const at = sliceWord(start, opener.start, opener.end);
    const what = 'this opens the port to everybody, not only to the knocker';
    findings.warning(at, 'no-address', `${what}: name the source, as in ${sourceWords(opener)}`);
    return;
  }
  if (start.text.includes('%IP%') || stop?.value === undefined || stop.value.text === '') return;
  if (commands.some(({ program }) => PLAIN.has(program) || FIREWALLS.test(program))) return;
  const what = 'the command does not get the address that knocked, although a stop command follows later';
  findings.warning(start, 'no-address', `${what}: give it %IP% if it opens for that address alone`);
}

const FIREWALLS =
  /^(?:ip6?tables(?:-nft|-legacy)?(?:-restore)?|nft|ufw|firewall-cmd|ipset|ip|tc|fail2ban-client)$/;

function sourceWords({ program }: SimpleCommand): string {
  if (program === 'ufw') return 'ufw allow from %IP% to any port 22';
  if (program === 'nft') return 'ip saddr %IP%';
  if (program === 'firewall-cmd') return `--add-rich-rule='rule family="ipv4" source address="%IP%" …'`;
  return '-s %IP%';
}

function opensToAll(command: SimpleCommand): boolean {
  const { program, args } = command;
  if (args.some((arg) => arg.includes('%IP%'))) return false;
  if (program === 'ufw') return args.includes('allow') && !args.includes('delete') && isFromAny(args);
  if (program === 'firewall-cmd') return args.some((arg) => /^--add-(?:service|port)(?:=|$)/.test(arg));
  if (program === 'nft') {
    const text = args.join(' ');
    return /^(?:add|insert) rule\b.*\baccept\b/.test(text) && !/\bsaddr\b|@|\bct state\b/.test(text);
  }
  const rule = iptablesRule(command);
  if (rule === undefined || rule.action === 'delete') return false;
  const { words } = rule;
  const state = words.get('--state') ?? words.get('--ctstate') ?? 'NEW';
  return (
    words.get('--jump') === 'ACCEPT' &&
    !words.has('--source') &&
    !words.has('--mac-source') &&
    words.get('--in-interface') !== 'lo' &&
    /\bNEW\b/.test(state) &&
    rule.chain !== 'OUTPUT'
  );
}

function isFromAny(args: readonly string[]): boolean {
  const from = args.indexOf('from');
  return from < 0 || args[from + 1] === 'any';
}

const TARGETS = new Set(['accept', 'drop', 'reject', 'return']);

function judgeRule(start: Word, command: SimpleCommand, host: HostFacts, findings: Findings): void {
  const rule = iptablesRule(command);
  if (rule === undefined) return;
  const at = sliceWord(start, command.start, command.end);
  const { words } = rule;
  const target = words.get('--jump') ?? '';
  if ((words.has('--dport') || words.has('--sport')) && !words.has('--protocol')) {
    findings.warning(at, 'bad-rule', `${command.program} takes no port without a protocol: add -p tcp`);
  }
  if (TARGETS.has(target)) {
    const what = `${command.program} has no target ${quoteText(target)}`;
    findings.warning(at, 'bad-rule', `${what}: write ${target.toUpperCase()}`);
  }
  if (words.get('--destination')?.includes('%IP%') === true && rule.chain === 'INPUT') {
    const what = 'the knocker is the source of incoming packets, not their destination';
    findings.warning(at, 'bad-rule', `${what}: write -s %IP%`);
  }
  if (rule.action !== 'append' || rule.table !== 'filter' || target !== 'ACCEPT') return;
  const barrier = host.blockingRuleIn(command.program, rule.chain);
  if (barrier === undefined) return;
  const what = `a rule at the end of ${rule.chain} is never reached, because ${quoteText(barrier)} comes before it`;
  findings.warning(at, 'never-reached', `${what}: insert it with -I instead of -A`);
}

/** A stop command must remove exactly what the start command added, word for word. */
function judgePair(start: Word, stop: Word | undefined, findings: Findings): void {
  if (stop === undefined || stop.text === '') return;
  const starts = simpleCommands(start.text);
  const stops = simpleCommands(stop.text);
  if (starts?.length !== 1 || stops?.length !== 1) return;
  const [added, removed] = [starts[0] as SimpleCommand, stops[0] as SimpleCommand];
  if (isIptables(added) && isIptables(removed)) judgeRulePair(stop, added, removed, findings);
  else judgeWordPair(stop, added, removed, findings);
}

function judgeRulePair(stop: Word, added: SimpleCommand, removed: SimpleCommand, findings: Findings): void {
  const [one, other] = [iptablesRule(added), iptablesRule(removed)];
  if (one === undefined || other === undefined || one.action === 'delete') return;
  if (familyOf(added) !== familyOf(removed)) {
    const what = `the start command adds its rule with ${added.program}, but ${removed.program} does not have it`;
    findings.warning(stop, 'stop-differs', `${what}: delete it with ${added.program}`);
    return;
  }
  const difference = ruleDifference(one, other);
  if (other.action !== 'delete') {
    if (difference !== undefined) return;
    const what = 'this adds the rule of the start command once more, and the door stays open';
    findings.warning(stop, 'stop-differs', `${what}: write -D instead of ${letterOf(other)}`);
  } else if (difference !== undefined) {
    const [there, here] = difference.values.map((value) => (value === '' ? 'nothing' : quoteText(value)));
    const what = `this is not the rule that the start command adds, ${difference.option} has ${here} here and ${there} there`;
    findings.warning(stop, 'stop-differs', `${what}: make them the same, or the rule stays`);
  }
}

const familyOf = ({ program }: SimpleCommand): string => (program.startsWith('ip6') ? '6' : '4');

const letterOf = ({ action }: IptablesRule): string => (action === 'append' ? '-A' : '-I');

/** For other programs: words that only adding or only removing uses. */
const ACTIONS: Readonly<Record<string, readonly [add: RegExp, remove: RegExp, either: RegExp]>> = {
  ufw: [/^(?:allow|limit)$/, /^delete$/, /^(?:delete|insert|prepend|allow|limit|[0-9]+|comment|--force)$/],
  'firewall-cmd': [/^--add-/, /^--remove-/, /^--(?:timeout|quiet|permanent)\b/],
  ipset: [
    /^(?:add|-A|--add)$/,
    /^(?:del|-D|--del)$/,
    /^(?:add|del|-A|-D|--add|--del|-exist|-!|timeout|[0-9]+)$/,
  ],
};

function judgeWordPair(stop: Word, added: SimpleCommand, removed: SimpleCommand, findings: Findings): void {
  const actions = ACTIONS[added.program];
  if (actions === undefined || added.program !== removed.program) return;
  const [add, remove, either] = actions;
  if (!added.args.some((arg) => add.test(arg)) || !removed.args.some((arg) => remove.test(arg))) return;
  // ufw accepts ports by name and by number: only the words that both have are compared.
  const plain = ({ args }: SimpleCommand): readonly string[] =>
    args
      .map((arg) => arg.replace(/^--(?:add|remove)-/, '--'))
      .filter((arg) => !either.test(arg) || (/^[0-9]{2,}$/.test(arg) && added.program === 'ufw'));
  const [one, other] = [plain(added), plain(removed)];
  const missing = one.find((word) => !other.includes(word));
  const surplus = other.find((word) => !one.includes(word));
  if (missing === undefined || surplus === undefined) return;
  const what = `this is not what the start command adds, ${quoteText(surplus)} stands here and ${quoteText(missing)} there`;
  findings.warning(stop, 'stop-differs', `${what}: make them the same, or it stays open`);
}
