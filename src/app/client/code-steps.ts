import type { Profile } from '../../core/client/profile.ts';
import { parseTypedCode, portsOfCode } from '../../core/code/code-ports.ts';
import { CODE_DIGITS, codeOf, parseBase32, stepAt } from '../../core/code/totp.ts';
import type { CodePorts } from '../../core/door/code-ports.ts';
import type { Sequence } from '../../core/door/sequence.ts';
import { instant } from '../../core/net/time.ts';
import { nodeCiphers } from '../../host/crypto/node-ciphers.ts';
import { PLATFORM } from '../../host/platform/platform.ts';
import { askAtTerminal } from '../../host/terminal/ask-at-terminal.ts';
import { expandPath } from './expand-path.ts';
import { readPrivateFile } from './private-file.ts';

/**
 * The knocks of a code. `ahead`: 0 for the current code, 1 for the next one, which is valid too. Each code opens for
 * one address, and there may be one of each IP version.
 */
export type CodeSteps = (ahead: 0 | 1) => Sequence;

export type PreparedCode = { readonly kind: 'ready'; readonly steps: CodeSteps } | CodeFailure;

/** One sentence, with the remedy. */
export type CodeFailure = { readonly kind: 'failed'; readonly reasons: readonly string[] };

/** Takes the code from the command line, from the file with the secret, or from a prompt. `given`: six digits. */
export async function prepareCode(profile: Profile, given: string | undefined): Promise<PreparedCode> {
  const { name, codePorts, codeFile } = profile;
  if (codePorts === undefined)
    return failed(
      `no profile has CodePorts for '${name}': add the two numbers that the app shows above the code, as in CodePorts 17 23`,
    );
  if (given !== undefined) return { kind: 'ready', steps: () => sequenceOf(given, codePorts) };
  if (codeFile !== undefined) return fromFile(profile, codeFile, codePorts);
  const typed = await askAtTerminal(`Code for ${name}: `, PLATFORM);
  if (typed === undefined)
    return failed(
      `the profile of ${name} has no CodeFile, and there is no terminal to ask at: give the code with --code`,
    );
  const code = parseTypedCode(typed);
  if (code === undefined) return failed(`a code has ${CODE_DIGITS} digits, as the app shows them`);
  return { kind: 'ready', steps: () => sequenceOf(code, codePorts) };
}

async function fromFile(profile: Profile, codeFile: string, ports: CodePorts): Promise<PreparedCode> {
  const read = await readCodeSecret(profile, codeFile);
  if (read.kind === 'failed') return read;
  const { secret } = read;
  const codeAt = (ahead: number): string => codeOf(nodeCiphers, secret, stepAt(instant(Date.now())) + ahead);
  return { kind: 'ready', steps: (ahead) => sequenceOf(codeAt(ahead), ports) };
}

/** Reads the secret of the user's codes. Nobody else may be able to read the file. */
export async function readCodeSecret(
  profile: Profile,
  codeFile: string,
): Promise<{ readonly kind: 'secret'; readonly secret: Uint8Array } | CodeFailure> {
  const path = expandPath(codeFile, profile);
  const file = await readPrivateFile(path, 'a file with the secret of codes');
  if (file.kind === 'missing')
    return failed(`the file ${path} does not exist: CodeFile in the profile of ${profile.name} names it`);
  if (file.kind !== 'read') return failed(...file.errors);
  const secret = parseSecret(new TextDecoder().decode(file.bytes));
  if (secret !== undefined) return { kind: 'secret', secret };
  return failed(`${path}: it has no secret: write the one that \`bussa user add NAME --code\` has printed`);
}

/** Parses the first line that is not a comment: base32, or the URI of the QR code. */
function parseSecret(text: string): Uint8Array | undefined {
  const line = text
    .split('\n')
    .map((one) => one.trim())
    .find((one) => one !== '' && !one.startsWith('#'));
  const secret = /^otpauth:.*[?&]secret=([A-Za-z2-7]+)/.exec(line ?? '')?.[1] ?? line ?? '';
  const bytes = parseBase32(secret);
  return bytes === undefined || bytes.length === 0 ? undefined : bytes;
}

function sequenceOf(code: string, ports: CodePorts): Sequence {
  const [first, ...rest] = (portsOfCode(code, ports) ?? []).map(
    (port) => ({ protocol: 'tcp', port }) as const,
  );
  if (first === undefined) throw new Error('a code that does not fit its ports');
  return [first, ...rest];
}

const failed = (...reasons: readonly string[]): CodeFailure => ({ kind: 'failed', reasons });
