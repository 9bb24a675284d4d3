import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Answers, AnswerVerb, Rows, RowsVerb } from '../../core/control/contract.ts';
import type { ParsedAnswer } from '../../core/control/envelope.ts';
import { type OtherGreeting, parseGreeting } from '../../core/control/greeting.ts';
import { parseAnswer, parsePart } from '../../core/control/parse-answer.ts';
import { type ControlRequest, renderRequest } from '../../core/control/parse-request.ts';
import { askControl, ControlError, Conversation } from '../../host/control/control-client.ts';
import { DEFAULT_CONFIG_FILE, DEFAULT_STATE_DIRECTORY } from '../config/daemon-options.ts';
import { isEdited } from '../config/is-edited.ts';
import { initCommand } from '../config/own-command.ts';
import { readLastStart } from '../state/last-start.ts';
import { controlSocketIn, stateName } from '../state/open-state.ts';
import { restartMethod, type SelectedDaemon, startMethod } from './start-method.ts';

/** Selects a daemon. Without a file and interfaces: the only one that runs. */
export type DaemonSelector = {
  readonly configFile?: string;
  /** As in the daemon's command line. */
  readonly interfaces?: string;
  readonly stateDirectory: string;
};

/** `refused`: the daemon understood the request and refuses it. `other-version`: it speaks another protocol. */
export type NoAnswer = {
  readonly kind: 'refused' | 'no-daemon' | 'permission' | 'other-version' | 'failed';
  readonly message: string;
  /** The daemon accepts connections but does not answer. */
  readonly isHung?: true;
};

export type DaemonReply<T> = { readonly kind: 'answer'; readonly answer: T } | NoAnswer;

/** Asks a daemon one question. */
export async function askDaemon<V extends AnswerVerb>(
  choice: DaemonSelector,
  request: ControlRequest<V>,
): Promise<DaemonReply<Answers[V]>> {
  const found = await findSocket(choice);
  return typeof found === 'string' ? askDaemonAt(found, request, choice) : found;
}

/** As `askDaemon`, for a known socket. */
export function askDaemonAt<V extends AnswerVerb>(
  path: string,
  request: ControlRequest<V>,
  choice: DaemonSelector,
): Promise<DaemonReply<Answers[V]>> {
  const patience = request.verb === 'reload' ? 'long' : 'short';
  const ask = async (conversation: Conversation): Promise<DaemonReply<Answers[V]>> => {
    const line = await conversation.ask(renderRequest(request));
    return replyOf(parseAnswer(request.verb, line));
  };
  return converse(path, choice, ask, patience);
}

/** Asks for an answer that comes in rows, and collects all rows. */
export async function askForRows<V extends RowsVerb>(
  choice: DaemonSelector,
  request: ControlRequest<V>,
): Promise<DaemonReply<readonly Rows[V][]>> {
  const found = await findSocket(choice);
  if (typeof found !== 'string') return found;
  return converse(found, choice, async (conversation) => {
    const rows: Rows[V][] = [];
    let line = await conversation.ask(renderRequest(request));
    for (;;) {
      const part = parsePart(request.verb, line);
      if (part.kind !== 'answer') return replyOf(part);
      for (const row of part.answer.rows) rows.push(row);
      if (!part.answer.more) return { kind: 'answer', answer: rows };
      line = await conversation.next();
    }
  });
}

/** Whether the caller named one daemon; if not, any running daemon may be meant. */
export const isNamed = ({ configFile, interfaces, stateDirectory }: DaemonSelector): boolean =>
  configFile !== undefined || interfaces !== undefined || stateDirectory !== DEFAULT_STATE_DIRECTORY;

/** The path of the daemon's control socket, or why none was found. */
export async function findSocket(choice: DaemonSelector): Promise<string | NoAnswer> {
  const found = await findSockets(choice);
  if (found.kind !== 'found') return found;
  const [first, ...others] = found.paths;
  if (others.length === 0) return first;
  const message = `several daemons are running: name one with -c FILE, and -i if it was started with that: ${found.paths.join(', ')}`;
  return { kind: 'failed', message };
}

export type FoundSockets = { readonly kind: 'found'; readonly paths: readonly [string, ...string[]] };

const foundAt = (stateDirectory: string, name: string): FoundSockets => ({
  kind: 'found',
  paths: [controlSocketIn(join(stateDirectory, name))],
});

/** The control sockets of all daemons that match, at least one, or why none was found. */
export async function findSockets(choice: DaemonSelector): Promise<FoundSockets | NoAnswer> {
  const { configFile, interfaces, stateDirectory } = choice;
  if (configFile !== undefined || interfaces !== undefined) {
    return foundAt(stateDirectory, stateName(configFile ?? DEFAULT_CONFIG_FILE, interfaces));
  }
  const listed = listNames(stateDirectory);
  // A member of the control group can reach the daemon's socket but cannot list the directory.
  if (listed === 'hidden') return foundAt(stateDirectory, stateName(DEFAULT_CONFIG_FILE, undefined));
  if (!isList(listed)) return listed;
  const living = await livingAmong(listed.map((name) => controlSocketIn(join(stateDirectory, name))));
  const [first, ...others] = living;
  if (first === undefined) return noDaemon(choice, `no daemon listens in ${stateDirectory}`);
  return { kind: 'found', paths: [first, ...others] };
}

function listNames(stateDirectory: string): readonly string[] | NoAnswer | 'hidden' {
  try {
    return readdirSync(stateDirectory).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES') return 'hidden';
    if (code === 'ENOENT' || code === 'ENOTDIR')
      return noDaemon({ stateDirectory }, `${stateDirectory} does not exist`);
    return failureOf(new ControlError(stateDirectory, code ?? String(error)), { stateDirectory });
  }
}

const isList = (value: readonly string[] | NoAnswer): value is readonly string[] => Array.isArray(value);

/** Keeps the sockets that a process listens on, or that this user may not connect to. */
async function livingAmong(paths: readonly string[]): Promise<readonly string[]> {
  const tried = await Promise.all(
    paths.map(async (path) => {
      try {
        await askControl(path, { verb: 'ping' });
        return path;
      } catch (error) {
        return error instanceof ControlError && isAbsent(error) ? undefined : path;
      }
    }),
  );
  return tried.filter((path) => path !== undefined);
}

/** A daemon of another version is not asked: it might understand the request differently. */
async function converse<T>(
  path: string,
  choice: DaemonSelector,
  ask: (conversation: Conversation) => Promise<DaemonReply<T>>,
  patience: 'short' | 'long' = 'short',
): Promise<DaemonReply<T>> {
  try {
    // One that does not even greet is hung, and nobody waits for it as long as for a reload.
    using conversation = new Conversation(path);
    const noAnswer = await greetDaemon(conversation, choice);
    if (noAnswer !== undefined) return noAnswer;
    conversation.wait(patience);
    return await ask(conversation);
  } catch (error) {
    if (error instanceof ControlError) return failureOf(error, choice);
    throw error;
  }
}

/** Why the daemon cannot be asked. `undefined`: it speaks this program's protocol. */
export async function greetDaemon(
  conversation: Conversation,
  choice: DaemonSelector,
): Promise<NoAnswer | undefined> {
  const greeting = parseGreeting(await conversation.ask(renderRequest({ verb: 'ping' })));
  if (greeting.kind === 'same-version') return undefined;
  const reply = replyOf(greeting);
  if (reply.kind !== 'other-version') return reply;
  const way = restartMethod(meantBy(choice), false);
  return way === undefined ? reply : { ...reply, message: `${reply.message}: ${way.command}` };
}

/** Describes an answer that is not the expected one. */
export function replyOf(said: Exclude<ParsedAnswer<never>, { kind: 'answer' }> | OtherGreeting): NoAnswer;
export function replyOf<T>(said: ParsedAnswer<T> | OtherGreeting): DaemonReply<T>;
export function replyOf<T>(said: ParsedAnswer<T> | OtherGreeting): DaemonReply<T> {
  return said.kind === 'wrong' ? { kind: 'failed', message: said.message } : said;
}

export function failureOf(error: ControlError, choice: DaemonSelector): NoAnswer {
  const { code, message, isSpoken } = error;
  if (code === 'EACCES' || code === 'EPERM') {
    return {
      kind: 'permission',
      message: `${message}: run this as the daemon's user, or as a member of its Control_Group`,
    };
  }
  if (isAbsent(error)) return noDaemon(choice, message);
  if (isSpoken)
    return {
      kind: 'failed',
      message: `the process that listens there does not answer like a daemon: ${message}`,
    };
  return { kind: 'no-daemon', message: `the daemon does not answer: ${message}`, isHung: true };
}

const isAbsent = ({ code }: ControlError): boolean =>
  code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR';

function noDaemon(choice: DaemonSelector, why: string): NoAnswer {
  const { configFile } = choice;
  const meant = meantBy(choice);
  const whose = configFile === undefined ? 'no daemon runs' : `no daemon for ${configFile} is running`;
  const remedy = isUnmade(meant.configFile)
    ? `there is no configuration yet: make one with \`${initCommand(meant.configFile)}\``
    : `start it with \`${startMethod(meant).command}\``;
  const message = `${whose} (${why}): ${remedy}, or name a running one with the -c, -i and --state that it was started with`;
  return { kind: 'no-daemon', message };
}

/** Nobody has written anything into it yet. */
const isUnmade = (configFile: string): boolean => !existsSync(configFile) || !isEdited(configFile);

/** The daemon's options, as far as its state directory tells. */
export function meantBy({ configFile, interfaces, stateDirectory }: DaemonSelector): SelectedDaemon {
  const isNamed = configFile !== undefined || interfaces !== undefined;
  const options = isNamed ? undefined : readLastStart(stateDirectory);
  return {
    configFile: configFile ?? options?.configFile ?? DEFAULT_CONFIG_FILE,
    ...(interfaces === undefined ? {} : { interfaces }),
    stateDirectory,
    ...(options === undefined ? {} : { options }),
  };
}
