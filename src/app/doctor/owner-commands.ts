import { globSync, readFileSync } from 'node:fs';
import type { FixCommand } from '../../core/firewall/judge/fix-rules.ts';
import type { RulePlace } from '../../core/firewall/judge/journey.ts';
import type { BaseChain, Ruleset } from '../../core/firewall/judge/ruleset.ts';
import { outputOf } from '../../host/firewall/iptables/iptables-commands.ts';
import type { JudgedPort } from '../exposure/stranger-judge.ts';

/** Commands that close a port, for the programs that manage this host's rules. */
export type OwnerCommands = {
  readonly closing: (port: JudgedPort) => (rule: RulePlace) => FixCommand | undefined;
  /** If the policy of this chain lets it in. */
  readonly closingPolicy: (port: JudgedPort) => (chain: BaseChain) => FixCommand | undefined;
};

export async function readOwnerCommands({ chains }: Ruleset): Promise<OwnerCommands> {
  const places = [...chains.values()].flat().map(({ place }) => place);
  const byUfw = new Set(places.filter(jumpsToUfw).map(({ tool }) => tool));
  const added = byUfw.size > 0 ? ((await outputOf('ufw', ['show', 'added'])) ?? '').split('\n') : [];
  return {
    closing: (port) => (rule) => {
      if (isOfUfw(rule)) return ufwCommand(added, port);
      const zone = zoneOf(rule);
      return zone === undefined ? undefined : firewalldCommand(zone, port);
    },
    closingPolicy:
      (port) =>
      ({ place }) =>
        byUfw.has(place.tool) && place.chain === 'INPUT' ? ufwDeny(port) : undefined,
  };
}

const isOfUfw = ({ chain }: RulePlace): boolean => /^ufw6?-user-/.test(chain);
const jumpsToUfw = ({ text }: RulePlace): boolean => /-j ufw6?-before-input\b/.test(text);

/**
 * In the form of `ufw show added`: `ufw allow 22/tcp`. A rule that also allows other ports stays, behind a deny rule.
 */
function ufwCommand(added: readonly string[], port: JudgedPort): FixCommand {
  const own = added
    .map((line) => line.replace(/ comment '.*'$/, ''))
    .filter((line) => /^ufw (?:allow|limit) /.test(line) && !/ from (?!any)/.test(line))
    .map((line) => ({ line, names: namesPort(line, port) }))
    .filter(({ names }) => names !== 'not');
  if (own.length === 0 || own.some(({ names }) => names === 'with-others')) return ufwDeny(port);
  const command = own.map(({ line }) => line.replace(/^ufw /, 'ufw delete ')).join(' && ');
  return { by: 'ufw-delete', command };
}

const ufwDeny = ({ protocol, port }: JudgedPort): FixCommand => ({
  by: 'ufw-prepend',
  command: `ufw prepend deny ${port}/${protocol}`,
});

type ValueType = 'not' | 'alone' | 'with-others';

function namesPort(line: string, port: JudgedPort): ValueType {
  if (/ proto (?:tcp|udp)/.test(line) && !line.includes(` proto ${port.protocol}`)) return 'not';
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain = '']) => quoted ?? plain);
  const ports = words.flatMap((word) => (/^[A-Z]/.test(word) ? applicationPorts(word) : [word]));
  const covering = ports.filter((one) => coversPort(one, port));
  if (covering.length === 0) return 'not';
  const isAlone = ports.filter(isPorts).every((one) => isThisPort(one, port));
  return isAlone ? 'alone' : 'with-others';
}

const isPorts = (word: string): boolean => /^[0-9:,]+(?:\/(?:tcp|udp))?$/.test(word);
const isThisPort = (word: string, { port }: JudgedPort): boolean => word.split('/')[0] === String(port);

/** `22`, `22/tcp`, `22,80/tcp`, `20:30/tcp`. */
function coversPort(word: string, { protocol, port }: JudgedPort): boolean {
  const match = /^([0-9:,]+)(?:\/(tcp|udp))?$/.exec(word);
  if (match === null || (match[2] !== undefined && match[2] !== protocol)) return false;
  return (match[1] ?? '').split(',').some((span) => {
    const [first = '', last = first] = span.split(':');
    return port >= Number(first) && port <= Number(last);
  });
}

/** ufw's application profiles: `[OpenSSH]`, then `ports=22/tcp`. */
function applicationPorts(name: string): string[] {
  return globSync('/etc/ufw/applications.d/*', { cwd: '/' }).flatMap((file) => {
    const section = readText(file)
      .split(/^\[/m)
      .find((one) => one.startsWith(`${name}]`));
    return (
      /^ports=(.*)$/m
        .exec(section ?? '')?.[1]
        ?.trim()
        .split('|') ?? []
    );
  });
}

/** The zone of a firewalld chain that accepts packets. */
function zoneOf({ tool, table, chain }: RulePlace): string | undefined {
  if (tool === 'nft' && table !== 'firewalld') return undefined;
  return /^(?:filter_)?IN_(.+?)(?:_(?:pre|allow|post))?$/.exec(chain)?.[1];
}

function firewalldCommand(zone: string, port: JudgedPort): FixCommand {
  // Ports in rich rules do not belong to the zone itself.
  const text = readOf('zones', zone).replaceAll(/<rule[ >][\s\S]*?<\/rule>/g, '');
  const services = [...text.matchAll(/<service\s+name="([^"]+)"/g)]
    .map(([, name = '']) => ({ word: `--remove-service=${name}`, ports: portsIn(readOf('services', name)) }))
    .filter(({ ports }) => ports.some((one) => isAt(one, port)));
  const ports = portsIn(text)
    .filter((one) => isAt(one, port))
    .map((one) => ({ word: `--remove-port=${one}`, ports: [one] }));
  const own = [...services, ...ports];
  const isAlone = own.every((one) => one.ports.every((text) => isThisPort(text, port)));
  const change = `firewall-cmd --permanent --zone=${zone}`;
  const reload = 'firewall-cmd --reload';
  if (own.length > 0 && isAlone && /<zone[^>]*>/.test(text) && !/ target="ACCEPT"/.test(text)) {
    const words = own.map(({ word }) => word).join(' ');
    return { by: 'firewalld-remove', command: `${change} ${words} && ${reload}` };
  }
  // firewalld evaluates rules that drop first.
  const rule = `rule port port="${port.port}" protocol="${port.protocol}" drop`;
  return { by: 'firewalld-drop', command: `${change} --add-rich-rule='${rule}' && ${reload}` };
}

const portsIn = (text: string): string[] =>
  [...text.matchAll(/<port\s[^>]*>/g)].map(
    ([tag]) => `${/ port="([^"]+)"/.exec(tag)?.[1]}/${/ protocol="([^"]+)"/.exec(tag)?.[1]}`,
  );

const isAt = (text: string, port: JudgedPort): boolean => coversPort(text.replace('-', ':'), port);

function readOf(kind: 'zones' | 'services', name: string): string {
  if (!/^[\w.-]+$/.test(name)) return '';
  const own = readText(`/etc/firewalld/${kind}/${name}.xml`);
  return own === '' ? readText(`/usr/lib/firewalld/${kind}/${name}.xml`) : own;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
