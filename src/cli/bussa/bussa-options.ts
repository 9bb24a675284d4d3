import type { Platform } from '../../host/platform/platform.ts';
import type { Environment, Verb } from '../arguments/verb.ts';
import { renderEntry, renderParagraphs } from '../help/render-help.ts';
import { type BussaCommand, parseVerb } from './parse-verb.ts';
import { renderVerbHelp } from './render-verb-help.ts';
import { BAN } from './verbs/ban.ts';
import { BANS } from './verbs/bans.ts';
import { CHECK } from './verbs/check.ts';
import { CLOSE } from './verbs/close.ts';
import { COMPILE } from './verbs/compile.ts';
import { completionVerb } from './verbs/completion.ts';
import { CONFIRM } from './verbs/confirm.ts';
import { CONNECT } from './verbs/connect.ts';
import { DOCTOR } from './verbs/doctor.ts';
import { EVENTS } from './verbs/events.ts';
import { EXPLAIN } from './verbs/explain.ts';
import { EXTEND } from './verbs/extend.ts';
import { FLEET } from './verbs/fleet.ts';
import { HISTORY } from './verbs/history.ts';
import { HOST } from './verbs/host.ts';
import { IMPORT } from './verbs/import.ts';
import { INIT } from './verbs/init.ts';
import { KEY } from './verbs/key.ts';
import { KNOCK } from './verbs/knock.ts';
import { LEASES } from './verbs/leases.ts';
import { OPEN } from './verbs/open.ts';
import { RELOAD } from './verbs/reload.ts';
import { SIMULATE } from './verbs/simulate.ts';
import { STATUS } from './verbs/status.ts';
import { UNBAN } from './verbs/unban.ts';
import { UP } from './verbs/up.ts';
import { USER } from './verbs/user.ts';
import { WATCH } from './verbs/watch.ts';
import { WEB } from './verbs/web.ts';

/** All verbs of `bussa`, in the order of the help. */
export const VERBS: readonly Verb[] = [
  INIT,
  CHECK,
  SIMULATE,
  COMPILE,
  UP,
  CONFIRM,
  STATUS,
  WATCH,
  EVENTS,
  WEB,
  LEASES,
  OPEN,
  EXTEND,
  CLOSE,
  RELOAD,
  HISTORY,
  EXPLAIN,
  BAN,
  UNBAN,
  BANS,
  USER,
  KEY,
  FLEET,
  HOST,
  IMPORT,
  KNOCK,
  CONNECT,
  DOCTOR,
  completionVerb(() => VERBS),
];

/** Parses a verb and its options. `help`, and -h, --help, -V and --version in place of a verb, always work. */
export function parseBussaCommand(
  args: readonly string[],
  environment: Environment,
  platform: Platform,
): BussaCommand {
  // No options come before the verb, so a leading -- has no effect.
  const [word, ...rest] = args[0] === '--' ? args.slice(1) : args;
  const json = args.includes('--json');
  if (word === undefined) return { kind: 'usage-error', message: 'no verb was given', json };
  if (word === '-V' || word === '--version') return { kind: 'version' };
  if (word === '-h' || word === '--help' || word === 'help') return helpOn(rest, json);
  const verb = verbOf(word);
  if (verb === undefined) return unknownVerb(word, json);
  return parseVerb(verb, rest, environment, platform);
}

export function renderHelp(verb?: Verb): string {
  if (verb !== undefined) return renderVerbHelp(verb);
  return `usage: bussa VERB [OPTIONS]

${VERBS.map(({ name, summary }) => renderEntry(`  ${name}`, summary)).join('')}${renderEntry('  help [VERB]', 'print this help, or that of a verb')}
${renderEntry('  -V, --version', 'print the version')}${renderEntry('  -h, --help', 'the same as help')}
${renderParagraphs([
  'Exit status: 0 success, 1 failure, 2 a mistake in the arguments, 69 no such daemon runs, 70 a bug in the program, 77 a permission is missing, 78 a mistake in the configuration.',
])}`;
}

function helpOn(rest: readonly string[], json: boolean): BussaCommand {
  const [word, stray] = rest[0] === '--' ? rest.slice(1) : rest;
  if (word === undefined || (word === 'help' && stray === undefined)) return { kind: 'help' };
  if (stray !== undefined) {
    return { kind: 'usage-error', message: `unexpected argument '${stray}'`, json };
  }
  const verb = verbOf(word);
  return verb === undefined ? unknownVerb(word, json) : { kind: 'help', verb };
}

const verbOf = (word: string): Verb | undefined => VERBS.find(({ name }) => name === word);

const unknownVerb = (word: string, json: boolean): BussaCommand => ({
  kind: 'usage-error',
  message: `unknown verb '${word}': there are ${VERBS.map(({ name }) => name).join(', ')} and help`,
  json,
});
