import type { Completes, Operand, Option } from '../arguments/option.ts';
import { type CompletedCommand, type CompletionModel, isWordList, LISTED_BY } from './completion-model.ts';

/** A completion for fish(1). */
export function renderFish({ programs, verbs }: CompletionModel): string {
  const lines = ['# Completion for bussa, knockd and knock: bussa completion fish', ''];
  for (const program of programs) {
    lines.push(`complete -c ${program.name} -f`);
    if (program.name !== 'bussa') lines.push(...renderCommand(program, program.name, ''));
  }
  for (const verb of verbs) {
    lines.push(
      `complete -c bussa -n __fish_use_subcommand -a ${verb.name} -d ${quote(plain(verb.summary))}`,
      ...renderCommand(verb, 'bussa', ` -n '__fish_seen_subcommand_from ${verb.name}'`),
    );
  }
  lines.push("complete -c bussa -n __fish_use_subcommand -a help -d 'print the help of a verb'");
  return `${lines.join('\n')}\n`;
}

function renderCommand(
  { options, operands }: CompletedCommand,
  program: string,
  when: string,
): readonly string[] {
  const head = `complete -c ${program}${when}`;
  return [
    ...Object.entries(options).map(([name, option]) => `${head}${renderOption(name, option)}`),
    ...operands.flatMap((operand) => renderOperand(head, operand)),
  ];
}

function renderOption(name: string, option: Option): string {
  const letter = option.short === undefined ? '' : ` -s ${option.short}`;
  const value = option.type === 'string' ? ` -x${renderChoice(option.completes)}` : '';
  return `${letter} -l ${name}${value} -d ${quote(plain(option.summary))}`;
}

const renderOperand = (head: string, { completes }: Operand): readonly string[] =>
  completes === undefined ? [] : [`${head}${renderChoice(completes)}`];

function renderChoice(completes: Completes | undefined): string {
  if (isWordList(completes)) return ` -a ${quote(completes.join(' '))}`;
  switch (completes) {
    case undefined:
      return '';
    case 'file':
      return ' -F';
    case 'directory':
      return " -a '(__fish_complete_directories)'";
    case 'host':
      return " -a '(__fish_print_hostnames)'";
    default:
      return ` -a ${quote(`(${LISTED_BY[completes]})`)}`;
  }
}

const plain = (text: string): string => text.replaceAll('`', '');

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
