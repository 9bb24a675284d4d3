import type { KnockOutcome } from '../../app/client/knocker.ts';
import { reportUncaught } from '../../host/self/report-uncaught.ts';
import { leaveProcess } from '../process/leave-process.ts';
import { packageVersion } from '../process/package-version.ts';
import { print, printLines, reportLostOutput, STDERR, STDOUT } from '../process/print.ts';
import { OPTIONS, parseKnockOptions } from './knock-options.ts';

const USAGE = 'usage: knock [options] <host> <port[:proto]> [port[:proto]] ...';

async function help(): Promise<string> {
  const { renderOptions, renderParagraphs } = await import('../help/render-help.ts');
  return `${USAGE}

${renderParagraphs([
  'Sends a TCP SYN, or a UDP packet of one NUL byte, to each port in order. A port is a number or a service name; proto is tcp (the default) or udp.',
])}
${renderOptions(OPTIONS)}
${renderParagraphs([
  'Exit status: 0 if every packet was sent, 1 if one was not, 2 for a mistake in the arguments.',
  'Example: knock -d 100 server.example.org 7000 8000:udp 9000',
])}`;
}

const EXIT = { 'all-left': 0, failed: 1, 'timed-out': 1, 'bad-ports': 2 } as const satisfies Record<
  KnockOutcome['kind'],
  number
>;

async function main(args: readonly string[]): Promise<void> {
  // Node.js opens a debugger on this signal unless it has a listener.
  process.on('SIGUSR1', () => undefined);
  const command = parseKnockOptions(args);
  switch (command.kind) {
    case 'help':
      print(STDOUT, await help());
      return;
    case 'version':
      print(STDOUT, `knock ${await packageVersion()}\n`);
      return;
    case 'usage-error':
      printError([command.message], true);
      process.exitCode = 2;
      return;
    case 'knock': {
      // Until the result is known.
      process.exitCode = EXIT.failed;
      const { knock } = await import('../../app/client/knocker.ts');
      const outcome = await knock(command.request, (line) => {
        if (command.verbose) printLines(STDOUT, line);
      });
      finish(outcome);
    }
  }
}

/** Native code is loaded, and a call may still run in the thread pool. */
let hasKnocked = false;

function finish(outcome: KnockOutcome): void {
  if (outcome.kind !== 'all-left') printError(outcome.reasons, outcome.kind === 'bad-ports');
  process.exitCode = EXIT[outcome.kind];
  hasKnocked = true;
}

function printError(reasons: readonly string[], hint: boolean): void {
  const lines = reasons.map((reason) => `knock: ${reason}`);
  printLines(STDERR, ...lines, ...(hint ? [USAGE, "Try 'knock --help'."] : []));
}

async function run(args: readonly string[]): Promise<void> {
  const fail = (error: unknown): void => {
    process.exitCode = reportUncaught('knock', error, { failed: EXIT.failed, permission: EXIT.failed });
    process.exit();
  };
  process.on('uncaughtException', fail);
  try {
    await main(args);
  } catch (error) {
    fail(error);
    return;
  }
  const lost = reportLostOutput();
  if (lost !== undefined) {
    printLines(STDERR, `knock: ${lost}`);
    // The result of a knock is final: the packets were sent, or they were not.
    process.exitCode ??= EXIT.failed;
  }
  if (hasKnocked) await leaveProcess(Number(process.exitCode));
}

void run(process.argv.slice(2));
