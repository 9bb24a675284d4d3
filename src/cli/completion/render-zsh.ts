import { quoteShell } from '../../core/text/quote-word.ts';
import type { Completes, Operand, Option } from '../arguments/option.ts';
import { type CompletedCommand, type CompletionModel, isWordList, LISTED_BY } from './completion-model.ts';

/** A completion for zsh(1), to be installed in a directory of its fpath as `_bussa`. */
export function renderZsh({ programs, verbs }: CompletionModel): string {
  const others = programs.filter(({ name }) => name !== 'bussa');
  return `#compdef ${programs.map(({ name }) => name).join(' ')}
# Completion for bussa, knockd and knock: bussa completion zsh

_bussa_listed() { local -a words; words=(\${(f)"$(eval "$1")"}); compadd -a words }

_bussa_verb() {
  local -a verbs
  verbs=(
${verbs.map(({ name, summary }) => `    ${quoteShell(`${name}:${plain(summary)}`)}\n`).join('')}    'help:print the help of a verb'
  )
  if ((CURRENT == 2)); then
    _describe -t verbs verb verbs
    return
  fi
  local verb=$words[2]
  shift words
  ((CURRENT--))
  case $verb in
${verbs.map((verb) => `    ${verb.name}) ${renderArguments(verb)} ;;\n`).join('')}    help) _describe -t verbs verb verbs ;;
  esac
}

case $service in
  bussa) _bussa_verb ;;
${others.map((program) => `  ${program.name}) ${renderArguments(program)} ;;\n`).join('')}esac
`;
}

function renderArguments({ options, operands }: CompletedCommand): string {
  const specs = [
    ...Object.entries(options).flatMap(([name, option]) => optionSpecs(name, option)),
    ...operands.map(operandSpec),
  ];
  return `_arguments -s -S${specs.map((spec) => ` \\\n      ${spec}`).join('')}`;
}

function optionSpecs(name: string, option: Option): readonly string[] {
  const text = `[${plain(option.summary).replaceAll(/[[\]]/g, '')}]`;
  const value = option.type === 'string' ? `:${option.value}:${action(option.completes)}` : '';
  if (option.short === undefined) return [quoteShell(`--${name}${text}${value}`)];
  return [`-${option.short}`, `--${name}`].map((spelling) => quoteShell(`${spelling}${text}${value}`));
}

function operandSpec({ name, completes, optional, many }: Operand, index: number): string {
  const place = many === true ? '*' : `${index + 1}`;
  return quoteShell(`${place}:${optional === true && many !== true ? ':' : ''}${name}:${action(completes)}`);
}

function action(completes: Completes | undefined): string {
  if (isWordList(completes)) return `(${completes.join(' ')})`;
  switch (completes) {
    case undefined:
      return ' ';
    case 'file':
      return '_files';
    case 'directory':
      return '_files -/';
    case 'host':
      return '_hosts';
    default:
      return `{_bussa_listed ${quoteShell(LISTED_BY[completes])}}`;
  }
}

/** Colons separate the parts of an _arguments specification. */
const plain = (text: string): string => text.replaceAll('`', '').replaceAll(':', '\\:');
