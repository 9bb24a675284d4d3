import type { CodeSteps } from '../../app/client/code-steps.ts';
import type { Profile } from '../../core/client/profile.ts';
import { parseTypedCode } from '../../core/code/code-ports.ts';
import { EXIT, type ExitStatus } from '../../host/self/exit-status.ts';
import type { OptionTable } from '../arguments/option.ts';
import { UsageError } from '../arguments/read-options.ts';
import type { Output } from '../arguments/verb.ts';

export const CODE_OPTION = {
  code: {
    type: 'string',
    value: 'DIGITS',
    summary: 'knock this code of an authenticator app, and nothing else',
    details:
      'The six digits that the app shows now. The profile has its `CodePorts`. Without this option, the code is made with the secret in the `CodeFile` of the profile, or asked for at the terminal.',
  },
} as const satisfies OptionTable;

/** The digits as typed. Throws a `UsageError`. */
export function givenCode(values: ReadonlyMap<string, string>): string | undefined {
  const text = values.get('code');
  const code = text === undefined ? undefined : parseTypedCode(text);
  if (text !== undefined && code === undefined)
    throw new UsageError('a code has six digits, as in --code 492817');
  return code;
}

/** The profile to knock with. A code on the command line replaces all other proofs. */
export type CodedProfile = { readonly profile: Profile; readonly code?: CodeSteps };

/** Adds the code, if the profile or the command line has one. A failure is printed, and its exit status returned. */
export async function withCode(
  profile: Profile,
  given: string | undefined,
  output: Output,
): Promise<CodedProfile | ExitStatus> {
  const { knock, card, spa, ...rest } = profile;
  const hasOther = [knock, card, spa].some((means) => means !== undefined);
  const isAsked = profile.codePorts !== undefined && (profile.codeFile !== undefined || !hasOther);
  if (given === undefined && !isAsked) return { profile };
  const { prepareCode } = await import('../../app/client/code-steps.ts');
  const prepared = await prepareCode(profile, given);
  if (prepared.kind === 'ready')
    return { profile: given === undefined ? profile : rest, code: prepared.steps };
  for (const reason of prepared.reasons) output.error(`bussa: ${reason}`);
  return EXIT.config;
}
