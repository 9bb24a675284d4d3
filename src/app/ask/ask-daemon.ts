import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { askControl, askControlInParts, ControlError } from '../../host/control/control-client.ts';
import { DEFAULT_CONFIG_FILE, DEFAULT_STATE_DIRECTORY } from '../config/daemon-options.ts';
import { controlSocketIn, stateName } from '../state/open-state.ts';

/** Which daemon is meant; without file and interfaces, the only one that runs. */
export type DaemonSelector = {
  readonly configFile?: string;
  /** As its command line names them. */
  readonly interfaces?: string;
  readonly stateDirectory: string;
};

export type DaemonReply =
  | { readonly kind: 'answer'; readonly answer: Readonly<Record<string, unknown>> }
  /** It understood, and will not. */
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'no-daemon' | 'permission' | 'failed'; readonly message: string };

/** A question is an object with a `verb`. */
export type DaemonRequest = Readonly<Record<string, unknown>>;

/** Asks a daemon one question. */
export function askDaemon(choice: DaemonSelector, request: DaemonRequest): Promise<DaemonReply> {
  return askDaemonInParts(choice, request, () => undefined);
}

/** For a long answer: `take` has each part, the last one too, which is what it resolves to. */
export async function askDaemonInParts(
  choice: DaemonSelector,
  request: DaemonRequest,
  take: (part: Readonly<Record<string, unknown>>) => void,
): Promise<DaemonReply> {
  const found = await findSocket(choice);
  return typeof found === 'string' ? ask(found, request, choice, take) : found;
}

/** The same where the daemon's socket is known. */
export function askDaemonAt(
  path: string,
  request: DaemonRequest,
  choice: DaemonSelector,
): Promise<DaemonReply> {
  return ask(path, request, choice, () => undefined);
}

/** Whether one daemon is meant, whichever others run. */
export const isNamed = ({ configFile, interfaces, stateDirectory }: DaemonSelector): boolean =>
  configFile !== undefined || interfaces !== undefined || stateDirectory !== DEFAULT_STATE_DIRECTORY;

/** The path of the daemon's control socket, or why there is none. */
export async function findSocket(choice: DaemonSelector): Promise<string | DaemonReply> {
  const found = await findSockets(choice);
  if (found.kind !== 'found') return found;
  const [first, ...others] = found.paths;
  if (others.length === 0) return first;
  const message = `several daemons run, say which one with -c FILE, and -i if it was started with that: ${found.paths.join(', ')}`;
  return { kind: 'failed', message };
}

export type FoundSockets = { readonly kind: 'found'; readonly paths: readonly [string, ...string[]] };

const foundAt = (stateDirectory: string, name: string): FoundSockets => ({
  kind: 'found',
  paths: [controlSocketIn(join(stateDirectory, name))],
});

/** Those of all daemons that may be meant, one at least, or why there is none. */
export async function findSockets(choice: DaemonSelector): Promise<FoundSockets | DaemonReply> {
  const { configFile, interfaces, stateDirectory } = choice;
  if (configFile !== undefined || interfaces !== undefined) {
    return foundAt(stateDirectory, stateName(configFile ?? DEFAULT_CONFIG_FILE, interfaces));
  }
  const listed = listNames(stateDirectory);
  // Who is a member of its group can reach the daemon, not list others.
  if (listed === 'hidden') return foundAt(stateDirectory, stateName(DEFAULT_CONFIG_FILE, undefined));
  if (!Array.isArray(listed)) return listed as DaemonReply;
  const living = await livingAmong(listed.map((name) => controlSocketIn(join(stateDirectory, name))));
  const [first, ...others] = living;
  if (first === undefined) return noDaemon(choice, `nothing listens below ${stateDirectory}`);
  return { kind: 'found', paths: [first, ...others] };
}

function listNames(stateDirectory: string): readonly string[] | DaemonReply | 'hidden' {
  try {
    return readdirSync(stateDirectory).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES') return 'hidden';
    if (code === 'ENOENT' || code === 'ENOTDIR')
      return noDaemon({ stateDirectory }, `there is no ${stateDirectory}`);
    return failure(new ControlError(stateDirectory, code ?? String(error)), { stateDirectory });
  }
}

/** Sockets that somebody listens at, or that this user may not try. */
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

async function ask(
  path: string,
  request: DaemonRequest,
  choice: DaemonSelector,
  take: (part: Readonly<Record<string, unknown>>) => void,
): Promise<DaemonReply> {
  try {
    for await (const part of askControlInParts(path, request)) {
      const reply = replyOf(part);
      if (reply.kind !== 'answer') return reply;
      take(reply.answer);
      if (reply.answer.more !== true) return reply;
    }
  } catch (error) {
    if (error instanceof ControlError) return failure(error, choice);
    throw error;
  }
  throw new Error(`${path}: an answer ended without an end`);
}

function replyOf(answer: unknown): DaemonReply {
  if (typeof answer === 'object' && answer !== null && 'ok' in answer) {
    if (answer.ok === true) return { kind: 'answer', answer: { ...answer } };
    if ('error' in answer) return { kind: 'refused', message: String(answer.error) };
  }
  const text = JSON.stringify(answer);
  return { kind: 'failed', message: `the daemon did not understand: ${text}; is it of another version?` };
}

function failure(error: ControlError, choice: DaemonSelector): DaemonReply {
  const { code, message } = error;
  if (code === 'EACCES' || code === 'EPERM') {
    return {
      kind: 'permission',
      message: `${message}: run it as the user that the daemon runs as, or as one of its Control_Group`,
    };
  }
  if (isAbsent(error)) return noDaemon(choice, message);
  return { kind: 'no-daemon', message: `the daemon does not answer: ${message}` };
}

const isAbsent = ({ code }: ControlError): boolean =>
  code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR';

function noDaemon({ configFile }: DaemonSelector, why: string): DaemonReply {
  const whose = configFile === undefined ? 'no daemon runs' : `no daemon of ${configFile} runs`;
  const message = `${whose} (${why}): start it with \`bussa up\` or \`systemctl start knockd\`, or name the one that does with the same -c, -i and --state that it was started with`;
  return { kind: 'no-daemon', message };
}
