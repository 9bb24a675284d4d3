import type { DaemonSelector } from '../../../app/ask/ask-daemon.ts';
import { printable, printableJson } from '../../../core/event/printable.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { OptionTable } from '../../arguments/option.ts';
import { UsageError } from '../../arguments/read-options.ts';
import type { Environment, Output, ParsedArguments, Verb } from '../../arguments/verb.ts';
import {
  judgedFile,
  printNoAnswer,
  readSelector,
  SELECTOR_OPTIONS,
} from '../../daemon-verbs/daemon-selector.ts';

const ACTIONS = ['run', 'init', 'invite', 'status', 'drop'] as const;
type ActionName = (typeof ACTIONS)[number];

const DIRECTORY = '/etc/bussa';

const OPTIONS = {
  engine: {
    type: 'string',
    value: 'URL',
    summary: 'with `init`: where the engine is, `valkeys://NAME@HOST:PORT` for one',
  },
  fleet: {
    type: 'string',
    value: 'FLEET',
    summary: 'with `init`: the name of a new fleet (default `fleet`)',
  },
  join: {
    type: 'string',
    value: 'FILE',
    completes: 'file',
    summary: 'with `init`: become a member by an invitation in this file, `-` for standard input',
  },
  directory: {
    type: 'string',
    value: 'DIR',
    completes: 'file',
    summary: `with \`init\`: where key and members file are made (default \`${DIRECTORY}\`)`,
  },
  'engine-directory': {
    type: 'string',
    value: 'DIR',
    summary: "with `init`: the directory of the engine's own files on its host, for what is printed",
  },
  files: {
    type: 'string',
    value: 'DIR',
    completes: 'file',
    summary: `the directory with what the engine wants to see: \`ca.pem\`, \`client.pem\`, \`client.key\`, \`password\` (default \`${DIRECTORY}/fleet-engine\`)`,
  },
  json: { type: 'boolean', summary: 'with `status`: print it as one JSON value' },
  ...SELECTOR_OPTIONS,
} as const satisfies OptionTable;

export const FLEET: Verb = {
  name: 'fleet',
  summary: 'make this host a member of a fleet, and carry what its members tell each other',
  description: [
    'The hosts of a fleet share leases, bans and used proofs over an engine, Valkey or Redis. Without ACTION, or with `run`, it is the carrier: a process beside the daemon, without privileges, that takes signed records to the engine and back, until it is ended. `bussa-fleet.service` runs it.',
    '`init NAME --engine URL` begins a fleet with this host as NAME: it makes the key, the members file and the section `[fleet]`, and prints what the engine needs. `invite NAME` prints an invitation, which is secret, for another host: `bussa fleet init NAME --join -` takes it there. `status` shows engine and members. `drop NAME` removes a member from the members file of this host: run it on each.',
  ],
  operands: [
    {
      name: 'ACTION',
      summary: 'what to do: `run`, `init`, `invite`, `status` or `drop`',
      completes: ACTIONS,
      optional: true,
    },
    { name: 'NAME', summary: 'a member', optional: true },
  ],
  options: OPTIONS,
  streams: true,
  read: (given, environment) => {
    const [word = 'run', name] = given.operands;
    const action = ACTIONS.find((one) => one === word);
    if (action === undefined)
      throw new UsageError(`unknown action '${word}': it is one of ${ACTIONS.join(', ')}`);
    judgeWords(action, name, given.values);
    return (output) => act(action, given, environment, output);
  },
};

function judgeWords(action: ActionName, name: string | undefined, values: ParsedArguments['values']): void {
  const isNamed = action !== 'run' && action !== 'status';
  if (isNamed && name === undefined) throw new UsageError(`no NAME was given: bussa fleet ${action} NAME`);
  if (!isNamed && name !== undefined) throw new UsageError(`unexpected argument '${name}'`);
  for (const option of ['engine', 'fleet', 'join', 'directory', 'engine-directory'])
    if (action !== 'init' && values.has(option))
      throw new UsageError(`--${option} is for \`bussa fleet init\``);
  if (action !== 'status' && values.has('json')) throw new UsageError('--json is for `bussa fleet status`');
  if (action !== 'run' && values.has('files')) throw new UsageError('--files is for the carrier');
  if (action !== 'init') return;
  if (values.has('join') === values.has('engine'))
    throw new UsageError('give --engine URL for a new fleet, or --join FILE with an invitation');
  if (values.has('join') && values.has('fleet'))
    throw new UsageError('the invitation has the name of the fleet: leave out --fleet');
}

async function act(
  action: ActionName,
  { values, operands: [, name = ''] }: ParsedArguments,
  environment: Environment,
  output: Output,
): Promise<number> {
  const choice = readSelector(values, environment);
  if (action === 'run') return carry(choice, values.get('files') ?? `${DIRECTORY}/fleet-engine`, output);
  if (action === 'status') return showStatus(choice, values.has('json'), output);
  const judged = await judgedFile(undefined, choice, output);
  if (typeof judged === 'number') return judged;
  const { file } = judged;
  if (action === 'init') {
    const { initHere } = await import('../fleet/show-fleet-init.ts');
    const directory = values.get('directory') ?? DIRECTORY;
    return initHere({ configFile: file, directory, name, values }, output);
  }
  const { dropHere, inviteHere } = await import('../fleet/show-fleet-members.ts');
  return action === 'invite' ? inviteHere(file, name, output) : dropHere(file, name, choice, output);
}

async function carry(choice: DaemonSelector, files: string, output: Output): Promise<number> {
  const { FleetCarrier } = await import('../../../app/fleet/fleet-carrier.ts');
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  const say = (line: string): void => output.print(printable(line));
  return (await new FleetCarrier({ choice, files, say }, stop.signal).run()) ? EXIT.ok : EXIT.failed;
}

async function showStatus(choice: DaemonSelector, json: boolean, output: Output): Promise<number> {
  const { askDaemon } = await import('../../../app/ask/ask-daemon.ts');
  const fail = (message: string, status: number): number => {
    if (json) output.print(printableJson({ error: message, status }));
    return status;
  };
  const reply = await askDaemon(choice, { verb: 'status' });
  if (reply.kind !== 'answer') return fail(reply.message, printNoAnswer(reply, output));
  const { fleet } = reply.answer.status;
  if (fleet === undefined) {
    const message = 'this daemon has no fleet: `bussa fleet init NAME --engine URL` begins one';
    output.error(`bussa: ${message}`);
    return fail(message, EXIT.failed);
  }
  const { fleetJson, fleetRows } = await import('../text/render-fleet.ts');
  if (json) output.print(printableJson(fleetJson(fleet)));
  else for (const [, text] of fleetRows(fleet)) output.print(text);
  return fleet.connected ? EXIT.ok : EXIT.failed;
}
