import type { SignedOutcome } from '../../../app/client/exchange-signed.ts';
import type { KnockedProfile } from '../../../app/client/knock-profile.ts';
import type { Profile } from '../../../core/client/profile.ts';
import { PLATFORM } from '../../../host/platform/platform.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { OptionTable } from '../../arguments/option.ts';
import { UsageError } from '../../arguments/read-options.ts';
import type { Output, Verb } from '../../arguments/verb.ts';
import { CODE_OPTION, givenCode, withCode } from '../../daemon-verbs/code-option.ts';
import { noKnock } from '../../daemon-verbs/no-knock.ts';
import { hostsFile, PROFILE_OPTIONS, readHosts, readProfile } from '../../daemon-verbs/profile-options.ts';
import { PROFILE_PAGE_OPTIONS, type ProfilePage, readProfilePage } from '../page/page-options.ts';

/** Not a literal property name below: an object with a `then` property would pass for a promise. */
const THEN = 'then';

const OPTIONS = {
  [THEN]: {
    type: 'string',
    value: 'COMMAND',
    summary: 'run this command once the port is open',
    details:
      'A command line for `sh`, which takes over the terminal; its exit status is passed on. It does not run if the port does not open. If the profile has no `Port`, it runs as soon as the knock has been sent.',
  },
  'no-wait': {
    type: 'boolean',
    summary: 'knock once, and do not test the port',
    details:
      'For a door with `single_use`, which lets in only the first connection: the test would use it up.',
  },
  list: {
    type: 'boolean',
    short: 'l',
    summary: 'list the profiles, without their knocks',
  },
  ...PROFILE_PAGE_OPTIONS,
  ...CODE_OPTION,
  verbose: { type: 'boolean', short: 'v', summary: 'report each step on standard error' },
  ...PROFILE_OPTIONS,
} as const satisfies OptionTable;

export const KNOCK: Verb = {
  name: 'knock',
  summary: 'knock with a profile, wait until the port is open, run a command',
  description: [
    'Knocks with the sequence in the profile of the host, so that the sequence appears neither on the command line nor in the list of processes. If the profile has a `Port`, waits until that port is open, knocking again at growing intervals, and fails if it stays closed.',
    'If the profile has a `Spa`, it sends one packet to the fwknopd there, as fwknop does. `bussa import ~/.fwknoprc` makes such profiles.',
    'With `--page`, it does not knock: it writes a web page that knocks.',
    "If the profile has `CodePorts`, it knocks on the two ports of an authenticator app's code: that of `--code`, one computed from the profile's `CodeFile`, or one that it asks for.",
    "If the profile has a `Card`, it sends one packet signed by your SSH key instead of the sequence, and prints the server's reply: how long the door is open, and which address the server sees.",
  ],
  operands: [{ name: 'PROFILE', summary: 'the name of a profile', completes: 'profile', optional: true }],
  options: OPTIONS,
  isPortable: () => true,
  read: ({ values, operands: [name] }, environment) => {
    const file = hostsFile(values, environment);
    if (values.has('list')) return (output) => list(file, output);
    if (name === undefined) throw new UsageError('no PROFILE was given: bussa knock --list lists them');
    const then = values.get(THEN);
    if (then !== undefined && values.has('json')) {
      throw new UsageError('--then and --json cannot be combined: standard output belongs to the command');
    }
    const page = readProfilePage(values);
    if (page !== undefined) return (output) => pageOf(file, name, page, output);
    const code = givenCode(values);
    const wishes = { then, waits: !values.has('no-wait'), verbose: values.has('verbose'), code };
    return (output) => knockWith(file, name, wishes, output);
  },
};

async function pageOf(file: string, name: string, page: ProfilePage, output: Output): Promise<number> {
  const profile = await readProfile(file, name, output);
  if (typeof profile === 'number') return profile;
  const { writeProfilePage } = await import('../page/write-profile-page.ts');
  return writeProfilePage(profile, page, output);
}

type InitAnswers = {
  readonly then: string | undefined;
  readonly waits: boolean;
  readonly verbose: boolean;
  readonly code?: string | undefined;
};

async function knockWith(file: string, name: string, wishes: InitAnswers, output: Output): Promise<number> {
  const found = await readProfile(file, name, output);
  if (typeof found === 'number') return found;
  const coded = await withCode(found, wishes.code, output);
  if (typeof coded === 'number') return coded;
  const { profile, code } = coded;
  const { canKnock } = await import('../../../core/client/profile.ts');
  if (!canKnock(profile)) {
    output.error(`bussa: ${noKnock(file, name, ', no CodePorts and no Spa')}`);
    return EXIT.config;
  }
  const { knockProfile } = await import('../../../app/client/knock-profile.ts');
  const onStep = (line: string): void => {
    if (wishes.verbose) output.error(`bussa: ${line}`);
  };
  const onNotice = (line: string): void => output.error(`bussa: ${line}`);
  const end = await knockProfile(profile, wishes.waits, { onStep, onNotice }, code);
  const failed = await printEnd(end, profile, wishes, output);
  if (failed !== undefined || wishes.then === undefined) return failed ?? EXIT.ok;
  const { runInTerminal } = await import('../../../host/terminal/run-in-terminal.ts');
  return runInTerminal(wishes.then, PLATFORM);
}

/** Prints a failure, and returns its exit status. */
async function printEnd(
  end: KnockedProfile,
  profile: Profile,
  { then, waits }: InitAnswers,
  output: Output,
): Promise<number | undefined> {
  const { name, port } = profile;
  switch (end.kind) {
    case 'open': {
      const { address } = end.result.to;
      const line = `port ${port} of ${address} is open`;
      const reply = await replyOf(end.result.signed);
      const facts = { profile: name, address, port, open: true, knocks: end.result.knocked, ...reply.facts };
      if (then === undefined) output.answer(facts, [line, ...reply.lines]);
      return undefined;
    }
    case 'signed': {
      const reply = await replyOf(end.outcome);
      const isOpen = end.outcome.kind === 'reply' && end.outcome.reply.status === 'open';
      if (isOpen || (!waits && end.outcome.kind === 'no-reply')) {
        const facts = { profile: name, port, open: isOpen || null, knocks: 1, ...reply.facts };
        if (then === undefined) output.answer(facts, isOpen ? reply.lines : ['knocked; no reply has come']);
        return undefined;
      }
      for (const reason of reply.lines) output.error(`bussa: ${reason}`);
      return EXIT.failed;
    }
    case 'knocked': {
      const why = waits ? 'the profile has no Port to test' : 'the port was not tested';
      if (then === undefined)
        output.answer({ profile: name, port, open: null, knocks: 1 }, [`knocked; ${why}`]);
      return undefined;
    }
    case 'not-sent':
      for (const reason of end.reasons) output.error(`bussa: ${reason}`);
      return EXIT.failed;
    case 'unresolved':
      output.error(`bussa: ${end.reason}`);
      return EXIT.failed;
    case 'closed': {
      if (port === undefined) return EXIT.failed;
      const { explainClosed } = await import('../../../app/client/explain-closed.ts');
      for (const line of explainClosed({ profile, port }, end.results)) output.error(`bussa: ${line}`);
      return EXIT.failed;
    }
  }
}

/** The server's reply to a signed knock. */
async function replyOf(outcome: SignedOutcome | undefined): Promise<Reply> {
  if (outcome === undefined) return { facts: {}, lines: [] };
  const { explainSigned } = await import('../../../app/client/explain-signed.ts');
  const lines = [explainSigned(outcome)];
  if (outcome.kind !== 'reply') return { facts: {}, lines };
  const { status, left, seen } = outcome.reply;
  return { facts: { reply: status, seconds: Math.round(left / 1000), seen }, lines };
}

type Reply = { readonly facts: Readonly<Record<string, string | number>>; readonly lines: readonly string[] };

async function list(file: string, output: Output): Promise<number> {
  const hosts = await readHosts(file, output);
  if (typeof hosts === 'number') return hosts;
  const { printProfiles } = await import('../text/render-profiles.ts');
  printProfiles(hosts, file, output);
  return EXIT.ok;
}
