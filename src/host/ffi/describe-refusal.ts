import { getSystemErrorMessage } from 'node:util';

/** errno(3) names, with what to do about each. */
const REMEDIES: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'run it as root, or give its user that right'],
  ['EPERM', 'run it as root, or give its user that right'],
  ['ENOENT', 'make it, or name another'],
  ['ENOTDIR', 'a part of its path is not a directory: remove that, or name another path'],
  ['EISDIR', 'it is a directory: remove it, or name a file'],
  ['ELOOP', 'the links to it form a circle: remove one'],
  ['ENOSPC', 'make room on its disk'],
  ['EDQUOT', 'make room within the quota of its user'],
  ['EROFS', 'its file system must be writable: mount it so, or name another place'],
  ['EIO', 'its disk must be sound: `dmesg` says what is wrong with it'],
  ['EMFILE', 'allow the process more open files: `ulimit -n`, LimitNOFILE= of its unit'],
  ['ENFILE', 'the machine has too many files open: end what opened them, or raise fs.file-max'],
  ['ENOMEM', 'free some memory'],
  ['ENOBUFS', 'free some memory'],
  ['EAGAIN', 'end some processes, or allow more: `ulimit -u`, TasksMax= of its unit'],
  ['EADDRINUSE', 'end what has it, or name another'],
]);

/** uv_cwd: Node.js remembers the directory that the process was started in. */
const NO_DIRECTORY =
  'the directory that it was started in is not there any more: change to another one, or name files by their whole paths';

/** For an error without a remedy of its own. */
const LOOK = '`bussa doctor` looks for the cause';

type SystemError = Error & {
  readonly code?: unknown;
  readonly errno?: unknown;
  /** A call made by Node.js, or by our own code. */
  readonly syscall?: unknown;
  readonly call?: unknown;
  readonly path?: unknown;
  readonly address?: unknown;
  readonly port?: unknown;
};

/** Describes a system error in one sentence: what failed, on what, why, and what to do. */
export function describeRefusal(error: SystemError): string {
  const { code, syscall, call } = error;
  if (syscall === 'uv_cwd') return NO_DIRECTORY;
  const remedy = REMEDIES.get(typeof code === 'string' ? code : codeIn(error.message)) ?? LOOK;
  const reason = reasonOf(error);
  if (typeof syscall !== 'string' || reason === undefined) {
    // Errors of our own name the call and the subject, and give the reason only as a code.
    const why = call === undefined || reason === undefined ? '' : ` (${reason})`;
    return `${firstLine(error.message)}${why}: ${remedy}`;
  }
  const subject = subjectOf(error);
  return `${syscall}${subject === '' ? '' : ` on ${subject}`} failed: ${reason} (${code}): ${remedy}`;
}

/** Found in the message of errors without a code. */
const codeIn = (text: string): string => /\bE[A-Z]{3,}\b/.exec(text)?.[0] ?? '';

/** For a connection, its other end. */
function subjectOf({ path, address, port }: SystemError): string {
  if (path !== undefined) return String(path);
  if (address === undefined) return '';
  return port === undefined ? String(address) : `${address} port ${port}`;
}

function reasonOf({ errno }: SystemError): string | undefined {
  // Node.js's own numbers are negative.
  return typeof errno === 'number' ? getSystemErrorMessage(-Math.abs(errno)) : undefined;
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';
