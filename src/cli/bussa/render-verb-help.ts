import { optionsOf } from '../arguments/common-options.ts';
import type { Verb } from '../arguments/verb.ts';
import { renderOperands, renderOperandWords, renderOptions, renderParagraphs } from '../help/render-help.ts';

export function renderVerbHelp(verb: Verb): string {
  const words = ['usage: bussa', verb.name, '[OPTIONS]', renderOperandWords(verb.operands)];
  const parts = [
    `${words.filter(Boolean).join(' ')}\n`,
    renderParagraphs(verb.description),
    renderOperands(verb.operands),
    renderOptions(optionsOf(verb)),
  ];
  return parts.filter(Boolean).join('\n');
}
