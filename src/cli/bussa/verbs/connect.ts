import type { ReachRequest } from '../../../app/client/address-result.ts';
import type { Connected } from '../../../app/client/connect-through.ts';
import { type Port, parsePort } from '../../../core/net/port.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { OptionTable } from '../../arguments/option.ts';
import { UsageError } from '../../arguments/read-options.ts';
import type { Output, Verb } from '../../arguments/verb.ts';
import { CODE_OPTION, givenCode, withCode } from '../../daemon-verbs/code-option.ts';
import { hostsFile, PROFILE_OPTIONS, readProfile } from '../../daemon-verbs/profile-options.ts';

const OPTIONS = {
  ...CODE_OPTION,
  verbose: { type: 'boolean', short: 'v', summary: 'report each step on standard error' },
  ...PROFILE_OPTIONS,
} as const satisfies OptionTable;

/** The default port. */
const SSH = 22 as Port;

export const CONNECT: Verb = {
  name: 'connect',
  summary: 'knock until the port opens, then act as a pipe to it, for ssh',
  description: [
    "Connects to the port, and a moment later knocks with the host's profile: each knock as soon as the previous one is answered, or after the `Delay` of the profile. It stops when the port answers, and knocks again with growing gaps until the port is open. Then it copies standard input to the port, and the port's output to standard output, until both ends close. If the profile has a `Card`, it sends one packet signed by your SSH key instead of the sequence. If it has a `Spa`, it sends a packet to fwknopd; if it has `CodePorts`, a code of an authenticator app, see `--code`. If no profile has a `Knock`, `Card`, `CodePorts` or `Spa` for the host, it connects without knocking.",
    'If a port that is already open takes longer than a millisecond to answer, it is knocked at as well. That only extends the lease.',
    'In `~/.ssh/config`: `ProxyCommand bussa connect %n %p`. `%n` is the name as typed, which is the name of the profile; `%h` would be the name after `HostName`.',
    '`man 5 bussa_hosts` describes the file of profiles. The file is refused if anybody except its owner can read it.',
  ],
  operands: [
    { name: 'HOST', summary: 'the name of a profile, or a host', completes: 'profile' },
    { name: 'PORT', summary: "the port; without it the profile's `Port`, or 22", optional: true },
  ],
  options: OPTIONS,
  streams: true,
  isPortable: () => true,
  read: ({ values, operands: [host = '', word] }, environment) => {
    const file = hostsFile(values, environment);
    const given = word === undefined ? undefined : readPort(word);
    const typed = givenCode(values);
    return async (output) => {
      const found = await readProfile(file, host, output);
      if (typeof found === 'number') return found;
      const coded = await withCode(found, typed, output);
      if (typeof coded === 'number') return coded;
      const { profile, ...code } = coded;
      const onNotice = (line: string): void => output.error(`bussa: ${line}`);
      const port = given ?? profile.port ?? SSH;
      const request = { profile, port, ask: 'alongside' as const, onNotice, ...code };
      const { connectThrough } = await import('../../../app/client/connect-through.ts');
      const end = await connectThrough(request, (line) => {
        if (values.has('verbose')) output.error(`bussa: ${line}`);
      });
      return printEnd(end, request, output);
    };
  },
};

export function readPort(word: string): Port {
  const port = parsePort(word);
  if (port === undefined) throw new UsageError(`bad port '${word}': a port is a number from 1 to 65535`);
  return port;
}

async function printEnd(end: Connected, request: ReachRequest, output: Output): Promise<number> {
  if (end.kind === 'done') return EXIT.ok;
  for (const line of await reasonsOf(end, request)) output.error(`bussa: ${line}`);
  return EXIT.failed;
}

async function reasonsOf(
  end: Exclude<Connected, { kind: 'done' }>,
  request: ReachRequest,
): Promise<readonly string[]> {
  if (end.kind === 'broken') return [`the ${end.what} broke off: ${end.code}`];
  if (end.kind === 'unresolved') return [end.reason];
  const { explainClosed } = await import('../../../app/client/explain-closed.ts');
  return explainClosed(request, end.results);
}
