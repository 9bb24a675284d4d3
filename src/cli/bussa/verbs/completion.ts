import { EXIT } from '../../../host/self/exit-status.ts';
import { UsageError } from '../../arguments/read-options.ts';
import type { Verb } from '../../arguments/verb.ts';
import { SHELLS } from '../../completion/shells.ts';

/** `verbs`: all verbs, including this one. */
export const completionVerb = (verbs: () => readonly Verb[]): Verb => ({
  name: 'completion',
  summary: 'print shell completions for these commands',
  description: [
    'Prints the completions of `bussa`, `knockd` and `knock`. For bash: `bussa completion bash > /etc/bash_completion.d/bussa`. For zsh, save them as `_bussa` in a directory of its `fpath`. For fish: `bussa completion fish > ~/.config/fish/completions/bussa.fish`. The packages install them.',
  ],
  operands: [{ name: 'SHELL', summary: '`bash`, `zsh` or `fish`', completes: SHELLS }],
  options: {},
  streams: true,
  isPortable: () => true,
  read: ({ operands: [word] }) => {
    const shell = SHELLS.find((each) => each === word);
    if (shell === undefined) throw new UsageError(`no shell '${word}': there are ${SHELLS.join(', ')}`);
    return async ({ print }) => {
      const { renderCompletion } = await import('../../completion/render-completion.ts');
      print(renderCompletion(shell, verbs()).trimEnd());
      return EXIT.ok;
    };
  },
});
