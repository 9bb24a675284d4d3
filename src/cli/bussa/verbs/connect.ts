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
    'Asks the port for a connection, and knocks a moment later with the profile of the host: each knock as soon as the former one is answered, else after the `Delay` of the profile. It stops when the port answers, and knocks again with growing gaps until the port is open. Then it passes the standard input to the port, and what comes back to the standard output, until both ends are done. If the profile has a `Card`, one packet that the SSH key signs takes the place of the sequence. If it has a `Spa`, it is a packet to fwknopd; if it has `CodePorts`, a code of an authenticator app, see `--code`. A host that no profile has a `Knock`, a `Card`, `CodePorts` or a `Spa` for is connected to without.',
    'A port that is open already may be knocked at all the same where its answer takes longer than a millisecond: that extends the lease.',
    'In `~/.ssh/config`: `ProxyCommand bussa connect %n %p`. `%n` is the name as it was typed, which is the name of the profile; `%h` would be the one after ssh has applied `HostName`.',
    '`man 5 bussa_hosts` describes the file of profiles. It is refused if anybody but its owner can read it.',
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
