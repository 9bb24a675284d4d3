import { fileURLToPath } from 'node:url';
import { findProgram } from '../files/find-program.ts';

/** Arguments for execve(2): `name` is argv[0], by which a self-contained executable knows which program it is. */
export type CommandLine = { readonly file: string; readonly name: string; readonly args: readonly string[] };

/** Whether this is the single executable that holds Node.js and all programs, not Node.js running the sources. */
export function isSelfContained(): boolean {
  return process.getBuiltinModule('node:sea').isSea();
}

/** The command that starts this program again, with the same arguments. */
export function ownCommand(): CommandLine {
  if (isSelfContained()) {
    return { file: executable(), name: process.argv0, args: process.argv.slice(2) };
  }
  return sourceCommand(process.argv.slice(1));
}

/**
 * The command that starts another program of this version: by name or, from sources, by `source`, the URL of its file.
 */
export function siblingCommand(name: string, source: string): CommandLine {
  if (isSelfContained()) return { file: executable(), name, args: [] };
  return sourceCommand([fileURLToPath(source)]);
}

/** What the operator types to start it: `launcher`, the URL of a file beside the sources, or the executable itself. */
export function ownLauncher(launcher: string): string {
  return isSelfContained() ? process.execPath : fileURLToPath(launcher);
}

/** The files that a process needs to execute this program. */
export function ownFiles(): readonly string[] {
  return isSelfContained() ? [process.execPath] : [process.execPath, ...process.argv.slice(1, 2)];
}

/** Without /proc, Node.js knows only the name that it was started under. */
function executable(): string {
  return findProgram(process.execPath) ?? process.execPath;
}

function sourceCommand(args: readonly string[]): CommandLine {
  const { execPath, execArgv } = process;
  return { file: execPath, name: execPath, args: [...execArgv, ...args] };
}
