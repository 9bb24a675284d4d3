import { quoteWord } from '../../core/text/quote-word.ts';
import { findProgram } from '../../host/files/find-program.ts';
import { ownLauncher } from '../../host/self/own-program.ts';
import { DEFAULT_CONFIG_FILE } from './daemon-options.ts';

const LAUNCHER = new URL('../../../bin/bussa', import.meta.url).href;

/** `bussa` as it can be typed here. */
export const ownCommand = (): string =>
  findProgram('bussa') === undefined ? ownLauncher(LAUNCHER) : 'bussa';

/** What makes that configuration, as it can be typed here. */
export const initCommand = (configFile: string): string =>
  configFile === DEFAULT_CONFIG_FILE
    ? `${ownCommand()} init`
    : `${ownCommand()} init -c ${quoteWord(configFile)}`;

/** The remedy where the configuration does not exist. */
export const noConfigRemedy = (configFile: string): string =>
  `name one with -c, or make it with \`${initCommand(configFile)}\``;
