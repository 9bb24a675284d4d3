import { existsSync } from 'node:fs';
import type { Finding, Fix, Hint, RemedyKind, StartKind } from '../../core/doctor/finding.ts';
import { look, ok, problem, unknown, warning } from '../../core/doctor/finding.ts';
import type { FixCommand } from '../../core/firewall/judge/fix-rules.ts';
import { firstDrop, fixEstablished, fixPort, forwardDrop } from '../../core/firewall/judge/fix-rules.ts';
import type { StrangerFate } from '../../core/firewall/judge/judge-stranger.ts';
import { renderDecision, renderFate, renderRule } from '../../core/firewall/judge/name-rule.ts';
import type { Family } from '../../core/net/address.ts';
import type { Port } from '../../core/net/port.ts';
import { judgeWayIn } from '../exposure/judge-way-in.ts';
import type { StrangerJudge } from '../exposure/stranger-judge.ts';
import type { HiddenPort } from './hidden-ports.ts';
import type { OwnerCommands } from './owner-commands.ts';

export type HostContext = {
  readonly judge: StrangerJudge;
  readonly owner: OwnerCommands;
  readonly serves: (port: HiddenPort) => boolean;
  /** How to start the daemon, which installs its rules; `undefined`: it runs. */
  readonly start: Fix<StartKind> | Hint | undefined;
  /** The command that makes the door of a port a `forward` door. */
  readonly forward: (port: HiddenPort) => Fix<'forward'> | Hint;
  readonly hasIptables: boolean;
};

const IPTABLES = { 4: 'iptables', 6: 'ip6tables' } as const;

type FamilyFate = { readonly family: Family; readonly fate: StrangerFate };

/** Whether the present rules treat strangers as the doors intend. */
export function judgeFirewall(ports: readonly HiddenPort[], around: HostContext): Finding[] {
  return [
    ...ports.flatMap((port) => judgePort(port, around)),
    ...judgeEstablished(ports, around),
    ...judgePolicy(ports, around),
  ];
}

const nameOf = ({ protocol, port }: HiddenPort): string => `${protocol}/${port}`;
const versions = (families: readonly Family[]): string =>
  families.map((family) => `IPv${family}`).join(' and ');

function judgePort(port: HiddenPort, around: HostContext): Finding[] {
  const fates = around.judge.families.map((family) => ({ family, fate: around.judge.fateOf(port, family) }));
  const open = fates.filter(({ fate }) => fate.kind === 'in');
  const bypass = judgeTranslation(port, fates, around);
  const findings =
    bypass?.verdict === 'problem'
      ? [bypass]
      : [...(bypass === undefined ? [] : [bypass]), judgeHidden(port, fates, open, around)];
  const barrier = port.isNative && around.start === undefined ? judgeWayIn(port, around.judge) : undefined;
  if (barrier !== undefined) findings.push(problem('way-in', barrier.message, barrier.fix));
  if (around.serves(port)) return findings;
  const listing = port.protocol === 'tcp' ? 'ss -ltnp' : 'ss -lunp';
  return [
    ...findings,
    warning('service-listening', `nothing on this host listens on ${nameOf(port)}`, look(listing)),
  ];
}

function judgeHidden(
  port: HiddenPort,
  fates: readonly FamilyFate[],
  open: readonly FamilyFate[],
  around: HostContext,
): Finding {
  const name = nameOf(port);
  const [first] = open;
  if (first === undefined) {
    const unsure = fates.find(({ fate }) => fate.kind === 'depends');
    if (unsure !== undefined) {
      const message = `whether ${name} is hidden over IPv${unsure.family} depends on ${renderFate(unsure.fate)}`;
      return unknown('port-hidden', message, {
        hint: `test it from another machine: nc -vz -w 2 THIS-HOST ${port.port}`,
      });
    }
    const by = [...new Set(fates.map(({ fate }) => renderFate(fate)))].join(', ');
    return ok('port-hidden', `a stranger's new connection to ${name} is dropped (${by})`);
  }
  const by = [...new Set(open.map(({ fate }) => renderFate(fate)))].join(', ');
  const remedy = remedyOf(port, open, around);
  if (
    open.length < fates.length &&
    first.family === 6 &&
    fates.every(({ fate }) => fate.kind !== 'depends')
  ) {
    return problem('ipv6-gap', `${name} is hidden over IPv4, and open to everybody over IPv6: ${by}`, remedy);
  }
  const families = versions(open.map(({ family }) => family));
  const who = first.fate.who === undefined ? 'everybody' : 'strangers';
  return problem('port-hidden', `${name} is open to ${who} over ${families}: ${by}`, remedy);
}

/** The command that closes the port without cutting existing connections. */
function remedyOf(
  port: HiddenPort,
  open: readonly FamilyFate[],
  around: HostContext,
): Fix<RemedyKind<'port-hidden'>> | Hint {
  if (port.isNative && around.start !== undefined) return around.start;
  const steps = open.map(({ family, fate }) => closingSteps(port, family, fate, around));
  if (steps.some((one) => one === undefined)) {
    return look('nft -a list ruleset; iptables-save; ip6tables-save');
  }
  const commands = [...new Map(steps.flatMap((one) => one ?? []).map((one) => [one.command, one])).values()];
  const [first] = commands;
  if (first === undefined) return look('nft -a list ruleset; iptables-save; ip6tables-save');
  const hint = hintOfFiles(commands.map(({ by }) => by));
  return { by: first.by, command: commands.map(({ command }) => command).join(' && '), ...hint };
}

function closingSteps(
  port: HiddenPort,
  family: Family,
  { by }: StrangerFate,
  { judge, owner, hasIptables }: HostContext,
): readonly FixCommand[] | undefined {
  // A packet that passes a chain before the routing decision can still be dropped after it.
  if (by === undefined || (by.chain.hook !== 'input' && by.chain.hook !== 'forward')) {
    return [firstDrop(hasIptables ? IPTABLES[family] : 'nft', port)];
  }
  return fixPort(judge.ruleset, port, {
    judge: (ruleset) => judge.fateOf(port, family, 'new', ruleset),
    ownerCommand: owner.closing(port),
    ownerPolicy: owner.closingPolicy(port),
  });
}

/** The commands change the running rules; these files hold the rules loaded at boot. */
const FILES = [
  ['iptables-', ['/etc/iptables/rules.v4', '/etc/iptables/rules.v6']],
  ['nft-', ['/etc/nftables.conf']],
] as const;

function hintOfFiles(kinds: readonly string[]): Partial<Hint> {
  const files = FILES.filter(([start]) => kinds.some((kind) => kind.startsWith(start)))
    .flatMap(([, names]) => names)
    .filter((name) => existsSync(name));
  return files.length === 0 ? {} : { hint: `change ${files.join(' and ')} too: it is loaded at boot` };
}

function judgeTranslation(
  port: HiddenPort,
  fates: readonly FamilyFate[],
  { forward, hasIptables }: HostContext,
): Finding | undefined {
  const name = nameOf(port);
  const all = fates.filter(({ fate }) => fate.translatedBy !== undefined);
  const open = all.filter(({ fate }) => fate.kind === 'in');
  const sent = open[0] ?? all[0];
  const rule = sent?.fate.translatedBy;
  if (sent === undefined || rule === undefined) return undefined;
  const chain =
    rule.tool === 'nft'
      ? `${rule.family} ${rule.table} ${rule.chain}`
      : `${rule.chain} of table ${rule.table}`;
  const message = `${chain} sends ${name} on to a container, another host or another port before INPUT sees it (\`${renderRule(rule)}\`)`;
  if (port.path === 'forward') return ok('container-bypass', `${message}; the door is there (forward)`);
  if (sent.fate.kind !== 'in') return undefined;
  const tools = hasIptables ? open.map(({ family }) => IPTABLES[family]) : (['nft'] as const);
  const remedy = port.isNative ? forward(port) : forwardDrop(tools, port);
  return problem('container-bypass', `${message}: it is open to everybody`, remedy);
}

function judgeEstablished(ports: readonly HiddenPort[], { judge }: HostContext): Finding[] {
  const id = 'established';
  const cut = ports.flatMap((port) =>
    judge.families.flatMap((family) => {
      const fate = judge.fateOf(port, family, 'established');
      return fate.kind === 'dropped' ? [{ port, family, fate }] : [];
    }),
  );
  const [first] = cut;
  if (first === undefined) return [ok(id, 'established connections live on when a door closes')];
  const { port, family, fate } = first;
  const remedy = cut.flatMap((one) =>
    fixEstablished(judge.ruleset, (ruleset) => judge.fateOf(one.port, one.family, 'established', ruleset)),
  );
  const by = fate.by === undefined ? '' : ` (${renderDecision(fate.by)})`;
  const message = `no rule accepts established connections to ${nameOf(port)} over IPv${family}: they die when the door closes${by}`;
  const [one] = remedy;
  if (one === undefined) {
    return [problem(id, message, look('nft -a list ruleset; iptables-save; ip6tables-save'))];
  }
  const commands = [...new Set(remedy.map(({ command }) => command))].join(' && ');
  return [problem(id, message, { by: one.by, command: commands, ...hintOfFiles([one.by]) })];
}

/** A port that nobody named: shows the default policy. */
function judgePolicy(ports: readonly HiddenPort[], { judge }: HostContext): Finding[] {
  const port = [1, 9, 65_535].find((each) => !ports.some((one) => one.port === each)) ?? 2;
  const any: HiddenPort = { protocol: 'tcp', port: port as Port, path: 'input', isNative: false };
  const open = judge.families.filter((family) => judge.fateOf(any, family).kind === 'in');
  if (open.length === 0) return [ok('default-policy', 'packets that no rule matches are dropped')];
  const message = `packets that no rule matches are let in over ${versions(open)}: nothing but the doors' ports is hidden`;
  return [warning('default-policy', message, look('ss -tlnup'))];
}
