import { globSync, readFileSync } from 'node:fs';
import type { RulePlace } from '../../core/firewall/judge/journey.ts';
import { outputOf } from '../../host/firewall/iptables/iptables-commands.ts';
import type { JudgedPort } from '../exposure/stranger-judge.ts';

/** How the programs that manage this host's rules let a port in no more. */
export type OwnerCommands = {
  readonly closing: (port: JudgedPort) => (rule: RulePlace) => string | undefined;
};

export async function readOwnerCommands(rules: readonly RulePlace[]): Promise<OwnerCommands> {
  const added = rules.some(isOfUfw) ? ((await outputOf('ufw', ['show', 'added'])) ?? '').split('\n') : [];
  return {
    closing: (port) => (rule) => {
      if (isOfUfw(rule)) return ufwCommand(added, port);
      const zone = zoneOf(rule);
      return zone === undefined ? undefined : firewalldCommand(zone, port);
    },
  };
}

export const isOfUfw = ({ chain }: RulePlace): boolean => /^ufw6?-user-/.test(chain);

/** As `ufw show added` has written it: `ufw allow 22/tcp`. */
function ufwCommand(added: readonly string[], port: JudgedPort): string | undefined {
  const own = added
    .map((line) => line.replace(/ comment '.*'$/, ''))
    .filter(
      (line) => /^ufw (?:allow|limit) /.test(line) && !/ from (?!any)/.test(line) && namesPort(line, port),
    );
  const commands = own.flatMap((line) => [line.replace(/^ufw /, 'ufw delete '), ...othersOf(line, port)]);
  return commands.length === 0 ? undefined : commands.join(' && ');
}

function namesPort(line: string, { protocol, port }: JudgedPort): boolean {
  if (/ proto (?:tcp|udp)/.test(line) && !line.includes(` proto ${protocol}`)) return false;
  return line.split(' ').some((word) => {
    if (APPLICATION.test(word))
      return applicationPorts(word).some((one) => coversPort(one, { protocol, port }));
    return coversPort(word, { protocol, port });
  });
}

const APPLICATION = /^[A-Z]/;

/** `22`, `22/tcp`, `22,80/tcp`, `20:30/tcp`. */
function coversPort(word: string, { protocol, port }: JudgedPort): boolean {
  const match = /^([0-9:,]+)(?:\/(tcp|udp))?$/.exec(word);
  if (match === null || (match[2] !== undefined && match[2] !== protocol)) return false;
  return (match[1] ?? '').split(',').some((span) => {
    const [first = '', last = first] = span.split(':');
    return port >= Number(first) && port <= Number(last);
  });
}

/** What a list of ports let in besides. */
function othersOf(line: string, { port }: JudgedPort): string[] {
  const list = / ([0-9]+(?:,[0-9]+)+)(?=\/| |$)/.exec(line)?.[1];
  if (list === undefined) return [];
  const others = list.split(',').filter((one) => Number(one) !== port);
  return [line.replace(list, others.join(','))];
}

/** ufw's application profiles: `[OpenSSH]`, then `ports=22/tcp`. */
function applicationPorts(name: string): string[] {
  return globSync('/etc/ufw/applications.d/*').flatMap((file) => {
    const section = readText(file)
      .split(/^\[/m)
      .find((one) => one.startsWith(`${name}]`));
    return /^ports=(.*)$/m.exec(section ?? '')?.[1]?.split('|') ?? [];
  });
}

/** firewalld's chain of what a zone lets in. */
function zoneOf({ tool, table, chain }: RulePlace): string | undefined {
  if (tool === 'nft' && table !== 'firewalld') return undefined;
  return /^(?:filter_)?IN_(.+)_allow$/.exec(chain)?.[1];
}

function firewalldCommand(zone: string, port: JudgedPort): string | undefined {
  // What a rich rule lets in is not the zone's own.
  const text = readOf('zones', zone).replaceAll(/<rule[ >][\s\S]*?<\/rule>/g, '');
  const services = [...text.matchAll(/<service\s+name="([^"]+)"/g)].map(([, name = '']) => name);
  const words = [
    ...services
      .filter((name) => portsIn(readOf('services', name)).some((one) => isAt(one, port)))
      .map((name) => `--remove-service=${name}`),
    ...portsIn(text)
      .filter((one) => isAt(one, port))
      .map((one) => `--remove-port=${one}`),
  ];
  if (words.length === 0) return undefined;
  return `firewall-cmd --permanent --zone=${zone} ${words.join(' ')} && firewall-cmd --reload`;
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
