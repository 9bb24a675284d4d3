// The executable's program for `bussa connect` and `bussa knock`.

import { EXIT } from '../../host/self/exit-status.ts';
import { endWith } from '../process/end-process.ts';
import { CLIENT } from './client-vocabulary.ts';
import { runBussa } from './run-bussa.ts';

void endWith('bussa', EXIT, () => runBussa(process.argv.slice(2), CLIENT));
