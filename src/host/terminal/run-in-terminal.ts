import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** What the terminal sends to the whole foreground: the command decides what it means. */
const FROM_TERMINAL = ['SIGINT', 'SIGQUIT'] as const;
/** What is sent to one process alone is handed on. */
const TO_ONE = ['SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a command line of sh(1), or of cmd.exe on Windows, with the terminal and the descriptors of this process. Resolves to its exit status, that
 * of a signal being 128 and the signal's number, as in a shell.
 */
export function runInTerminal(commandLine: string, platform: NodeJS.Platform): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  // Before the command is there: a signal that comes at its first word is its own already.
  for (const signal of FROM_TERMINAL) process.on(signal, () => undefined);
  for (const signal of TO_ONE) process.on(signal, () => child.kill(signal));
  const child =
    platform === 'win32'
      ? spawn(commandLine, { shell: true, stdio: 'inherit' })
      : spawn('/bin/sh', ['-c', commandLine], { stdio: 'inherit' });
  child.once('error', reject);
  child.once('exit', (code, signal) => {
    resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
  });
  return promise;
}
