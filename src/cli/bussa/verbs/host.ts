import { resolve } from 'node:path';
import type { HostsChange } from '../../../app/client/change-hosts.ts';
import { type HostLine, isHostName, isHostValue } from '../../../core/client/edit-hosts.ts';
import type { Profile } from '../../../core/client/profile.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { OptionTable } from '../../arguments/option.ts';
import { UsageError } from '../../arguments/read-options.ts';
import type { Action, Output, ParsedArguments, Verb } from '../../arguments/verb.ts';
import { hostsFile, PROFILE_OPTIONS, readHosts } from '../../daemon-verbs/profile-options.ts';
import { readPort } from './connect.ts';

const ACTIONS = ['add', 'list', 'remove'] as const;

const OPTIONS = {
  port: { type: 'string', value: 'PORT', summary: 'with `add`: the port that the door opens (`Port`)' },
  door: { type: 'string', value: 'DOOR', summary: 'with `add`: the door to ask for (`Door`)' },
  for: { type: 'string', value: 'TIME', summary: 'with `add`: how long, such as 10m (`For`)' },
  identity: {
    type: 'string',
    short: 'i',
    value: 'FILE',
    completes: 'file',
    summary: 'with `add`: the SSH key that signs (`IdentityFile`)',
  },
  address: {
    type: 'string',
    value: 'HOST',
    completes: 'host',
    summary: 'with `add`: where the host is, if not at its name (`HostName`)',
  },
  ...PROFILE_OPTIONS,
} as const satisfies OptionTable;

/** Options, and the keywords of hosts.conf. */
const KEYWORDS = [
  ['address', 'HostName'],
  ['port', 'Port'],
  ['identity', 'IdentityFile'],
  ['door', 'Door'],
  ['for', 'For'],
] as const;

export const HOST: Verb = {
  name: 'host',
  summary: 'manage the hosts that this client knocks at',
  description: [
    '`add NAME CARD` writes a profile for knocking at a host with an SSH key. The card is what `bussa key show` prints on the server. The rest of the file stays; lines of the profile with the same keywords are replaced. `list` lists the profiles, `remove NAME` removes one.',
    'The file is described in `man 5 bussa_hosts`. It is created with mode 600 if it is missing.',
  ],
  operands: [
    { name: 'ACTION', summary: 'what to do: `add`, `list` or `remove`', completes: ACTIONS },
    { name: 'NAME', summary: 'the name of the profile', completes: 'profile', optional: true },
    { name: 'CARD', summary: 'the card of the server', optional: true },
  ],
  options: OPTIONS,
  isPortable: () => true,
  read: (given, environment) => {
    const [word = '', name, card] = given.operands;
    const file = hostsFile(given.values, environment);
    const action = ACTIONS.find((one) => one === word);
    if (action === undefined)
      throw new UsageError(`unknown action '${word}': it is one of ${ACTIONS.join(', ')}`);
    refuseStray(action, given);
    if (action === 'list') return (output) => list(file, output);
    if (name === undefined) throw new UsageError(`no NAME was given: bussa host ${action} NAME`);
    if (!isHostName(name))
      throw new UsageError(`'${name}' is not a host name: it must not contain blanks, * or ?`);
    if (action === 'remove') return (output) => remove(file, name, output);
    const bare = name.replace(/^.*@/, '').replace(/^\[(.*)\]$/, '$1');
    if (bare !== name && isHostName(bare))
      throw new UsageError(`'${name}' is more than a host name: write ${bare}, as ssh calls the host`);
    if (card === undefined)
      throw new UsageError(
        "no CARD was given: bussa host add NAME CARD, where the server's bussa key show prints CARD",
      );
    return add(file, name, [['Card', card], ...readLines(given)]);
  },
};

function refuseStray(action: (typeof ACTIONS)[number], { operands, values }: ParsedArguments): void {
  const stray = action === 'list' ? operands[1] : action === 'remove' ? operands[2] : undefined;
  if (stray !== undefined) throw new UsageError(`unexpected argument '${stray}'`);
  const option = KEYWORDS.find(([name]) => values.has(name))?.[0];
  if (action !== 'add' && option !== undefined) throw new UsageError(`--${option} is for \`bussa host add\``);
}

function readLines({ values }: ParsedArguments): HostLine[] {
  const port = values.get('port');
  if (port !== undefined) readPort(port);
  return KEYWORDS.flatMap(([option, keyword]) => {
    const value = values.get(option);
    if (value === undefined) return [];
    if (!isHostValue(value))
      throw new UsageError(`--${option} is empty, or has a quote or a line break in it`);
    // A relative path counts from the present directory, not from where the file is used.
    const isPlain = option !== 'identity' || /^[~%$/]/.test(value);
    return [[keyword, isPlain ? value : resolve(value)] as const];
  });
}

function add(file: string, name: string, lines: readonly HostLine[]): Action {
  return async (output) => {
    const { addHost, judgeLines } = await import('../../../app/client/change-hosts.ts');
    const errors = await judgeLines(name, lines);
    for (const complaint of errors) output.error(`bussa: ${complaint}`);
    if (errors.length > 0) return EXIT.usage;
    return tellAdded(await addHost(file, name, lines), { file, name, lines }, output);
  };
}

type Wanted = { readonly file: string; readonly name: string; readonly lines: readonly HostLine[] };

async function tellAdded(
  change: HostsChange,
  { file, name, lines }: Wanted,
  output: Output,
): Promise<number> {
  if (change.kind !== 'written' && change.kind !== 'unchanged')
    return tellFailure(change, file, name, output);
  const { overriddenLines } = await import('../../../app/client/change-hosts.ts');
  for (const keyword of await overriddenLines(change.profile, lines))
    output.error(
      `bussa: another ${keyword} counts for ${name}, from in front of the first Host of ${file}: remove that line`,
    );
  const what = change.kind === 'unchanged' ? `${file} has it already` : `written to ${file}`;
  output.answer({ profile: name, file, written: change.kind === 'written' }, [
    `${name}: ${what}`,
    ...nextSteps(name, change.profile),
  ]);
  return EXIT.ok;
}

function nextSteps(name: string, { port }: Profile): string[] {
  return [
    '',
    'To have ssh knock by itself, put this into ~/.ssh/config:',
    '',
    `    Host ${name}`,
    '        ProxyCommand bussa connect %n %p',
    '',
    port === undefined
      ? `To knock alone: bussa knock ${name}`
      : `To knock until port ${port} is open: bussa knock ${name}`,
  ];
}

async function remove(file: string, name: string, output: Output): Promise<number> {
  const { dropHost } = await import('../../../app/client/change-hosts.ts');
  const change = await dropHost(file, name);
  if (change.kind !== 'written') return tellFailure(change, file, name, output);
  output.answer({ profile: name, file, removed: true }, [`${name}: removed from ${file}`]);
  return EXIT.ok;
}

function tellFailure(change: HostsChange, file: string, name: string, output: Output): number {
  if (change.kind === 'bad' || change.kind === 'permission') {
    for (const line of change.errors) output.error(line);
    return change.kind === 'permission' ? EXIT.permission : EXIT.config;
  }
  output.error(`bussa: ${file} has no profile for only ${name}: bussa host list lists the profiles`);
  return EXIT.failed;
}

async function list(file: string, output: Output): Promise<number> {
  const hosts = await readHosts(file, output);
  if (typeof hosts === 'number') return hosts;
  const { printProfiles } = await import('../text/render-profiles.ts');
  printProfiles(hosts, file, output);
  return EXIT.ok;
}
