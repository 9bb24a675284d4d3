import { parseVerb } from './parse-verb.ts';
import type { Vocabulary } from './run-bussa.ts';
import { CONNECT } from './verbs/connect.ts';
import { KNOCK } from './verbs/knock.ts';

/** `connect` and `knock`: one of them is the first word. */
export const CLIENT: Vocabulary = {
  parse: ([word, ...rest], environment, platform) =>
    parseVerb(word === CONNECT.name ? CONNECT : KNOCK, rest, environment, platform),
  renderHelp: async (verb = CONNECT) => {
    const { renderVerbHelp } = await import('./render-verb-help.ts');
    return renderVerbHelp(verb);
  },
};
