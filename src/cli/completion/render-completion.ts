import { optionsOf } from '../arguments/common-options.ts';
import type { Verb } from '../arguments/verb.ts';
import { OPTIONS as KNOCK } from '../knock/knock-options.ts';
import { OPTIONS as KNOCKD } from '../knockd/knockd-options.ts';
import type { CompletionModel } from './completion-model.ts';
import { renderBash } from './render-bash.ts';
import { renderFish } from './render-fish.ts';
import { renderZsh } from './render-zsh.ts';
import type { Shell } from './shells.ts';

const RENDERED = { bash: renderBash, zsh: renderZsh, fish: renderFish } as const;

/** Completions of all three programs, from the tables that their help is made from. */
export function renderCompletion(shell: Shell, verbs: readonly Verb[]): string {
  return RENDERED[shell](modelOf(verbs));
}

function modelOf(verbs: readonly Verb[]): CompletionModel {
  const host = { name: 'HOST', summary: 'the host to knock at', completes: 'host' } as const;
  const port = { name: 'PORT', summary: 'the ports to knock at', many: true } as const;
  return {
    programs: [
      { name: 'bussa', summary: '', options: {}, operands: [] },
      { name: 'knockd', summary: '', options: KNOCKD, operands: [] },
      { name: 'knock', summary: '', options: KNOCK, operands: [host, port] },
    ],
    verbs: verbs.map((verb) => ({ ...verb, options: optionsOf(verb) })),
  };
}
