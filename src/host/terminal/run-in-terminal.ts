import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** The terminal sends these to the whole foreground group: the command decides what they mean. */
const FROM_TERMINAL = ['SIGINT', 'SIGQUIT'] as const;
/** These are sent to one process and passed on. */
const TO_ONE = ['SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a command line of sh(1), or of cmd.exe on Windows, with this process's terminal and descriptors. Resolves to its
 * exit status; 128 plus the signal's number if a signal ended it, as in a shell.
 */
export function runInTerminal(commandLine: string, platform: NodeJS.Platform): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  // Before the start: the command may receive a signal at any time.
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
