import type { Completes, Operand, OptionTable } from '../arguments/option.ts';
import { type CompletedCommand, type CompletionModel, isWordList, LISTED_BY } from './completion-model.ts';

/** A completion for bash(1) that needs no other package. */
export function renderBash({ programs, verbs }: CompletionModel): string {
  const others = programs.filter(({ name }) => name !== 'bussa');
  return `# Completion for bussa, knockd and knock: bussa completion bash

_bussa_words() { COMPREPLY=($(compgen -W "$1" -- "$cur")); }
_bussa_files() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); }
_bussa_directories() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); }
_bussa_hosts() { mapfile -t COMPREPLY < <(compgen -A hostname -- "$cur"); }

# Lines of the standard input, as they stand in files: compgen -W would run what is in them.
_bussa_listed() {
  local word
  COMPREPLY=()
  while IFS= read -r word; do
    [[ -z $word || $word != "$cur"* ]] || COMPREPLY+=("$(printf %q "$word")")
  done
}

# --option=value comes in three words.
_bussa_equals() {
  if [[ $cur == = ]]; then cur=''
  elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
}

# The operands before the one that is being written: _bussa_operand FIRST OPTION-WITH-VALUE...
_bussa_operand() {
  local index=$1 word; shift
  operand=0
  for ((; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    [[ \${COMP_WORDS[index+1]} != = ]] || { ((index += 2)); continue; }
    case " $* " in *" $word "*) ((index++)); continue ;; esac
    [[ $word == -* ]] || ((operand++))
  done
}

_bussa() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} operand
  _bussa_equals
  if ((COMP_CWORD == 1)); then
    _bussa_words '${verbs.map(({ name }) => name).join(' ')} help --help --version'
    return
  fi
  case \${COMP_WORDS[1]} in
${verbs.map((verb) => `    ${verb.name})\n${indent(renderCommand(verb, 2), 6)}\n      ;;\n`).join('')}    help) _bussa_words '${verbs.map(({ name }) => name).join(' ')}' ;;
  esac
}
complete -F _bussa bussa
${others
  .map(
    (program) => `
_bussa_${program.name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} operand
  _bussa_equals
${indent(renderCommand(program, 1), 2)}
}
complete -F _bussa_${program.name} ${program.name}
`,
  )
  .join('')}`;
}

function renderCommand({ options, operands }: CompletedCommand, first: number): string {
  const valued = Object.entries(options).filter(([, { type }]) => type === 'string');
  const cases = valued.map(([name, option]) => {
    const completes = option.type === 'string' ? option.completes : undefined;
    return `  ${spellings(name, option.short).join(' | ')}) ${renderChoice(completes)}; return ;;`;
  });
  const flags = Object.entries(options).flatMap(([name, { short }]) => spellings(name, short));
  return [
    ...(cases.length === 0 ? [] : ['case $prev in', ...cases, 'esac']),
    `if [[ $cur == -* ]]; then _bussa_words '${flags.join(' ')}'; return; fi`,
    ...renderOperands(operands, options, first),
  ].join('\n');
}

function renderOperands(
  operands: readonly Operand[],
  options: OptionTable,
  first: number,
): readonly string[] {
  if (operands.length === 0) return [];
  const valued = Object.entries(options).flatMap(([name, { type, short }]) =>
    type === 'string' ? spellings(name, short) : [],
  );
  const cases = operands.map(
    ({ completes, many }, index) => `  ${many === true ? '*' : index}) ${renderChoice(completes)} ;;`,
  );
  return [`_bussa_operand ${first} ${valued.join(' ')}`.trimEnd(), 'case $operand in', ...cases, 'esac'];
}

function renderChoice(completes: Completes | undefined): string {
  if (isWordList(completes)) return `_bussa_words '${completes.join(' ')}'`;
  switch (completes) {
    case undefined:
      return ':';
    case 'file':
      return '_bussa_files';
    case 'directory':
      return '_bussa_directories';
    case 'host':
      return '_bussa_hosts';
    default:
      return `_bussa_listed < <(${LISTED_BY[completes]})`;
  }
}

const spellings = (name: string, short: string | undefined): readonly string[] =>
  short === undefined ? [`--${name}`] : [`-${short}`, `--${name}`];

const indent = (text: string, columns: number): string => text.replaceAll(/^(?=.)/gm, ' '.repeat(columns));
