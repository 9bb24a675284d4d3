import { PLATFORM, type Platform } from '../../host/platform/platform.ts';
import { EXIT } from '../../host/self/exit-status.ts';
import type { Environment, Verb } from '../arguments/verb.ts';
import { packageVersion } from '../process/package-version.ts';
import { print, STDOUT } from '../process/print.ts';
import { LostOutputError, TerminalOutput } from './output.ts';
import type { BussaCommand } from './parse-verb.ts';

/** Parses a command line, and renders the help for it. */
export type Vocabulary = {
  readonly parse: (args: readonly string[], environment: Environment, platform: Platform) => BussaCommand;
  readonly renderHelp: (verb?: Verb) => string | Promise<string>;
};

export async function runBussa(args: readonly string[], { parse, renderHelp }: Vocabulary): Promise<number> {
  // Node.js opens a debugger on this signal unless it has a listener.
  process.on('SIGUSR1', () => undefined);
  // Set by the launcher; the doors' commands must not inherit it.
  delete process.env.NODE_COMPILE_CACHE;
  const command = parse(args, process.env, PLATFORM);
  switch (command.kind) {
    case 'help':
      print(STDOUT, await renderHelp(command.verb));
      return EXIT.ok;
    case 'version':
      print(STDOUT, `bussa ${await packageVersion()}\n`);
      return EXIT.ok;
    case 'usage-error': {
      const output = new TerminalOutput(command.json);
      const help = command.verb === undefined ? 'bussa help' : `bussa help ${command.verb.name}`;
      output.error(`bussa: ${command.message}`);
      output.error(`Try '${help}'.`);
      output.end(EXIT.usage);
      return EXIT.usage;
    }
    case 'action': {
      const output = new TerminalOutput(command.json);
      const status = await streamed(command.action(output));
      output.end(status);
      return status;
    }
  }
}

/** A verb that streams has succeeded when its reader leaves. */
async function streamed(action: Promise<number>): Promise<number> {
  try {
    return await action;
  } catch (error) {
    if (error instanceof LostOutputError) return EXIT.ok;
    throw error;
  }
}
