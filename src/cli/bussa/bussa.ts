import { EXIT } from '../../host/self/exit-status.ts';
import { isClientCommand } from '../process/client-command.ts';
import { endWith } from '../process/end-process.ts';
import { runBussa, type Vocabulary } from './run-bussa.ts';

const args = process.argv.slice(2);

/** The client does not load what the daemon's verbs need. */
async function vocabulary(): Promise<Vocabulary> {
  if (isClientCommand(args)) return (await import('./client-vocabulary.ts')).CLIENT;
  const { parseBussaCommand: parse, renderHelp } = await import('./bussa-options.ts');
  return { parse, renderHelp };
}

void endWith('bussa', EXIT, async () => runBussa(args, await vocabulary()));
