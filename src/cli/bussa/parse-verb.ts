import type { Platform } from '../../host/platform/platform.ts';
import { EXIT } from '../../host/self/exit-status.ts';
import { optionsOf } from '../arguments/common-options.ts';
import { readOptions, readValues, UsageError } from '../arguments/read-options.ts';
import type { Action, Environment, Verb } from '../arguments/verb.ts';

export type BussaCommand =
  | { readonly kind: 'help'; readonly verb?: Verb }
  | { readonly kind: 'version' }
  | { readonly kind: 'usage-error'; readonly message: string; readonly verb?: Verb; readonly json: boolean }
  | { readonly kind: 'action'; readonly verb: Verb; readonly json: boolean; readonly action: Action };

/** What the words behind a verb ask for. */
export function parseVerb(
  verb: Verb,
  args: readonly string[],
  environment: Environment,
  platform: Platform,
): BussaCommand {
  try {
    return readVerb(verb, args, environment, platform);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { kind: 'usage-error', message: error.message, verb, json: args.includes('--json') };
  }
}

function readVerb(
  verb: Verb,
  args: readonly string[],
  environment: Environment,
  platform: Platform,
): BussaCommand {
  const table = optionsOf(verb);
  const { options, operands } = readOptions(table, args);
  if (options.some(({ name }) => name === 'help')) return { kind: 'help', verb };
  const values = readValues(table, options);
  checkOperands(verb, operands);
  const json = verb.streams !== true && values.has('json');
  if (platform !== 'linux' && verb.isPortable?.({ values, operands }) !== true)
    return { kind: 'action', verb, json, action: needsLinux(verb) };
  return { kind: 'action', verb, json, action: verb.read({ values, operands }, environment) };
}

const needsLinux =
  ({ name }: Verb): Action =>
  async (output) => {
    output.error(
      `bussa: bussa ${name} needs Linux, where the daemon runs; here there are knock, connect, host, doctor --from-client and completion`,
    );
    return EXIT.failed;
  };

function checkOperands({ operands: wanted }: Verb, given: readonly string[]): void {
  const missing = wanted.filter(({ optional }) => optional !== true)[given.length];
  if (missing !== undefined) throw new UsageError(`no ${missing.name} was given: ${missing.summary}`);
  const empty = wanted[given.indexOf('')];
  if (empty !== undefined)
    throw new UsageError(`the ${empty.name} that was given is empty: ${empty.summary}`);
  const isOpen = wanted.at(-1)?.many === true;
  const stray = isOpen ? undefined : given[wanted.length];
  if (stray !== undefined) throw new UsageError(`unexpected argument '${stray}'`);
}
