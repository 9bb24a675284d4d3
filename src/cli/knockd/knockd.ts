import type { Verdict } from '../../app/config/check.ts';
import { renderDiagnostic } from '../../core/text/diagnostic.ts';
import { PLATFORM } from '../../host/platform/platform.ts';
import { EXIT } from '../../host/self/exit-status.ts';
import { renderOptions, renderParagraphs } from '../help/render-help.ts';
import { endWith } from '../process/end-process.ts';
import { packageVersion } from '../process/package-version.ts';
import { print, printLines, STDERR, STDOUT } from '../process/print.ts';
import { OPTIONS, parseKnockdOptions } from './knockd-options.ts';

const USAGE = 'usage: knockd [options]';

const help = (): string => `${USAGE}

${renderParagraphs(['Listens for knocks, and opens a door for the source that has knocked its whole sequence.'])}
${renderOptions(OPTIONS)}
${renderParagraphs([
  'SIGHUP reads the configuration again; SIGTERM and SIGINT end it: every door closes, and the firewall is as it was before, unless the configuration says On_Exit = keep.',
  'Exit status: 0 after an orderly end, 1 after a failure, 2 for a mistake in the arguments, 70 after a bug in the program, 77 if a permission is missing, 78 for a mistake in the configuration.',
])}`;

/** Actions that load native code. */
const NEEDS_LINUX: ReadonlySet<string> = new Set(['check', 'replay', 'daemon']);

async function main(args: readonly string[]): Promise<number> {
  // Node.js opens a debugger on this signal unless it has a listener.
  process.on('SIGUSR1', () => undefined);
  // Set by the launcher; the doors' commands must not inherit it.
  delete process.env.NODE_COMPILE_CACHE;
  const command = parseKnockdOptions(args, process.env);
  if (PLATFORM !== 'linux' && NEEDS_LINUX.has(command.kind)) {
    printError('knockd: the daemon needs Linux; here the clients run: knock, bussa knock, bussa connect');
    return EXIT.failed;
  }
  switch (command.kind) {
    case 'help':
      print(STDOUT, help());
      return 0;
    case 'version':
      print(STDOUT, `knockd ${await packageVersion()} (Bussa)\n`);
      return 0;
    case 'usage-error':
      printLines(STDERR, `knockd: ${command.message}`, USAGE, "Try 'knockd --help'.");
      return EXIT.usage;
    case 'check': {
      const { check } = await import('../../app/config/check.ts');
      return tellVerdict(command.configFile, check(command.configFile));
    }
    case 'replay': {
      const { replay } = await import('../../app/rehearsal/replay.ts');
      return replay(command, (line) => printLines(STDOUT, line), printError);
    }
    case 'daemon': {
      const { startOrRun } = await import('../../app/daemon/process/background.ts');
      return startOrRun({ ...command.options, version: await packageVersion() }, printError);
    }
  }
}

function tellVerdict(configFile: string, verdict: Verdict): number {
  for (const diagnostic of verdict.diagnostics) printError(renderDiagnostic(diagnostic));
  if (verdict.kind === 'bad') return EXIT.config;
  printLines(STDOUT, `${configFile}: good, ${verdict.config.doors.length} door(s)`);
  return 0;
}

function printError(line: string): void {
  printLines(STDERR, line);
}

void endWith('knockd', EXIT, () => main(process.argv.slice(2)));
