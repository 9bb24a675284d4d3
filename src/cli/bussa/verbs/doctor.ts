import type { Finding, Verdict } from '../../../core/doctor/finding.ts';
import type { Port } from '../../../core/net/port.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { OptionTable } from '../../arguments/option.ts';
import type { Output, Style, Verb } from '../../arguments/verb.ts';
import { readSelector, SELECTOR_OPTIONS } from '../../daemon-verbs/daemon-selector.ts';
import { noKnock } from '../../daemon-verbs/no-knock.ts';
import { hostsFile, PROFILE_OPTIONS, readProfile } from '../../daemon-verbs/profile-options.ts';

const OPTIONS = {
  'from-client': {
    type: 'string',
    value: 'HOST',
    completes: 'profile',
    summary: "examine the client's side: knock at this host",
    details:
      'Knocks with the profile of the host, and says whether the knock was not sent, not seen, seen but wrong, or opened a port that cannot be reached, as far as the answers show that.',
  },
  ...PROFILE_OPTIONS,
  ...SELECTOR_OPTIONS,
} as const satisfies OptionTable;

const SSH = 22 as Port;

const STYLES: Readonly<Record<Verdict, Style>> = {
  ok: 'green',
  warning: 'yellow',
  problem: 'red',
  unknown: 'cyan',
};

export const DOCTOR: Verb = {
  name: 'doctor',
  summary: 'check for common problems, and print how to fix them',
  description: [
    'Checks the privileges, the libraries, the clock, the configuration, the daemon and its service, other daemons, the rotation of the log, the interfaces and addresses, and the current rules of the firewall: whether a new connection from outside to the port of each door is dropped, over IPv4 and IPv6, whether established connections live on, what happens to all other ports, and whether a container runtime sends the port elsewhere before. It changes nothing. It reads the rules without sending a packet; what cannot be told from the rules is reported as unknown.',
    'Each finding is `ok`, a `warning`, a `problem` or `unknown`, with a command that fixes it and can be pasted as printed or, after `hint:`, where to look or what only you can decide. The status is 1 if there is a problem, else 0.',
  ],
  operands: [],
  options: OPTIONS,
  isPortable: ({ values }) => values.has('from-client'),
  read: ({ values }, environment) => {
    const host = values.get('from-client');
    const file = hostsFile(values, environment);
    if (host !== undefined) return (output) => examineClient(file, host, output);
    const choice = readSelector(values, environment);
    return async (output) => {
      const { examine } = await import('../../../app/doctor/doctor.ts');
      return tellFindings(await examine(choice), output);
    };
  },
};

async function examineClient(file: string, host: string, output: Output): Promise<number> {
  const profile = await readProfile(file, host, output);
  if (typeof profile === 'number') return profile;
  const { knock, card, spa } = profile;
  if (knock === undefined && card === undefined && spa === undefined) {
    output.error(`bussa: ${noKnock(file, host, ' and no Spa')}`);
    return EXIT.config;
  }
  const { examineFromClient } = await import('../../../app/doctor/examine-from-client.ts');
  return tellFindings(await examineFromClient(profile, profile.port ?? SSH), output);
}

async function tellFindings(findings: readonly Finding[], output: Output): Promise<number> {
  const { printable } = await import('../../../core/event/printable.ts');
  const problems = findings.filter(({ verdict }) => verdict === 'problem').length;
  const lines = findings.flatMap(({ id, verdict, message, remedy, hint }) => [
    `${output.style(STYLES[verdict], verdict.padEnd(7))} ${id}: ${printable(message)}`,
    ...(remedy === undefined ? [] : [`        ${output.style('bold', printable(remedy))}`]),
    ...(hint === undefined ? [] : [`        hint: ${printable(hint)}`]),
  ]);
  const summary = problems === 0 ? 'no problem' : problems === 1 ? '1 problem' : `${problems} problems`;
  output.answer({ good: problems === 0, findings }, [...lines, summary]);
  return problems === 0 ? EXIT.ok : EXIT.failed;
}
