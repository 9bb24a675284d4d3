import { PLATFORM } from '../../host/platform/platform.ts';
import { EXIT } from '../../host/self/exit-status.ts';
import { endWith } from '../process/end-process.ts';
import { packageVersion } from '../process/package-version.ts';
import { print, STDOUT } from '../process/print.ts';
import { parseBussaCommand, renderHelp } from './bussa-options.ts';
import { LostOutputError, TerminalOutput } from './output.ts';

async function main(args: readonly string[]): Promise<number> {
  // Node.js opens a debugger on this signal unless it has a listener.
  process.on('SIGUSR1', () => undefined);
  // Set by the launcher; the doors' commands must not inherit it.
  delete process.env.NODE_COMPILE_CACHE;
  const command = parseBussaCommand(args, process.env, PLATFORM);
  switch (command.kind) {
    case 'help':
      print(STDOUT, renderHelp(command.verb));
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

void endWith('bussa', EXIT, () => main(process.argv.slice(2)));
