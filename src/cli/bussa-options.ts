import type { Environment } from './knockd-options.ts';
import { UsageError } from './read-options.ts';
import type { Deed, Verb } from './verb.ts';
import { CONFIRM } from './verb-confirm.ts';
import { UP } from './verb-up.ts';

/** Everything that `bussa` can be told to do. */
export const VERBS: Readonly<Record<string, Verb>> = { up: UP, confirm: CONFIRM };

export type BussaCommand =
  | { readonly kind: 'help'; readonly verb?: string }
  | { readonly kind: 'version' }
  | { readonly kind: 'usage-error'; readonly message: string; readonly verb?: string }
  | { readonly kind: 'deed'; readonly verb: string; readonly deed: Deed };

/** A verb and its options. `help`, and -h, --help, -V and --version in the place of a verb, are known to all. */
export function parseBussaCommand(args: readonly string[], environment: Environment): BussaCommand {
  const [word, ...rest] = args;
  if (word === undefined) return { kind: 'usage-error', message: 'no verb was given' };
  if (word === '-V' || word === '--version') return { kind: 'version' };
  if (word === '-h' || word === '--help' || word === 'help') return helpOn(rest[0]);
  const verb = verbOf(word);
  if (verb === undefined) return unknownVerb(word);
  if (rest.some((option) => option === '-h' || option === '--help')) return { kind: 'help', verb: word };
  try {
    return { kind: 'deed', verb: word, deed: verb.parse(rest, environment) };
  } catch (error) {
    if (error instanceof UsageError) return { kind: 'usage-error', message: error.message, verb: word };
    throw error;
  }
}

export function renderHelp(verb?: string): string {
  const one = verb === undefined ? undefined : verbOf(verb);
  if (one !== undefined) return `usage: bussa ${verb} ${one.operands}\n\n${one.help}`;
  const lines = Object.entries(VERBS).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}\n`);
  return `usage: bussa VERB [OPTIONS]

${lines.join('')}  ${'help'.padEnd(10)} print this, or with a verb what it takes

  -V, --version  print the version
  -h, --help     the same as help

Exit status: 0 done, 1 failed, 2 a mistake in the arguments, 69 no such daemon runs, 77 a permission is missing,
78 a mistake in the configuration.
`;
}

function helpOn(verb: string | undefined): BussaCommand {
  if (verb === undefined) return { kind: 'help' };
  return verbOf(verb) === undefined ? unknownVerb(verb) : { kind: 'help', verb };
}

const verbOf = (word: string): Verb | undefined => (Object.hasOwn(VERBS, word) ? VERBS[word] : undefined);

const unknownVerb = (word: string): BussaCommand => ({
  kind: 'usage-error',
  message: `unknown verb '${word}': there are ${Object.keys(VERBS).join(', ')} and help`,
});
