import { fileURLToPath } from 'node:url';
import { findProgram } from '../files/find-program.ts';

/** As execve(2) takes it: `name` is the first of the arguments, by which a self-contained program knows what it is. */
export type CommandLine = { readonly file: string; readonly name: string; readonly args: readonly string[] };

/** Whether this is the one executable that holds Node.js and all programs, or Node.js that runs the sources. */
export function isSelfContained(): boolean {
  return process.getBuiltinModule('node:sea').isSea();
}

/** Starts this very program again, with the same arguments. */
export function ownCommand(): CommandLine {
  if (isSelfContained()) {
    return { file: executable(), name: process.argv0, args: process.argv.slice(2) };
  }
  return sourceCommand(process.argv.slice(1));
}

/** Starts another program of this version: by its name, or where there are sources, `source`, the URL of its file. */
export function siblingCommand(name: string, source: string): CommandLine {
  if (isSelfContained()) return { file: executable(), name, args: [] };
  return sourceCommand([fileURLToPath(source)]);
}

/** What the owner types to start it: `launcher`, the URL of a file beside the sources, or the executable itself. */
export function ownLauncher(launcher: string): string {
  return isSelfContained() ? process.execPath : fileURLToPath(launcher);
}

/** The files that a process needs to become this program. */
export function ownFiles(): readonly string[] {
  return isSelfContained() ? [process.execPath] : [process.execPath, ...process.argv.slice(1, 2)];
}

/** Where /proc does not exist, Node.js knows no more than the name that it was started under. */
function executable(): string {
  return findProgram(process.execPath) ?? process.execPath;
}

function sourceCommand(args: readonly string[]): CommandLine {
  const { execPath, execArgv } = process;
  return { file: execPath, name: execPath, args: [...execArgv, ...args] };
}
