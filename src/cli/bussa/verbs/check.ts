import { printable } from '../../../core/event/printable.ts';
import type { Diagnostic } from '../../../core/text/diagnostic.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { OptionTable } from '../../arguments/option.ts';
import type { Output, Style, Verb } from '../../arguments/verb.ts';
import {
  CONFIG_OPERAND,
  judgedFile,
  readSelector,
  SELECTOR_OPTIONS,
} from '../../daemon-verbs/daemon-selector.ts';

const OPTIONS = {
  filter: {
    type: 'boolean',
    summary: 'print the capture expression of its knocks, for `tcpdump`',
    details:
      'In the syntax of pcap-filter(7), as the daemon passes it to the kernel, but without the decoy ports.',
  },
  ...SELECTOR_OPTIONS,
} as const satisfies OptionTable;

export const CHECK: Verb = {
  name: 'check',
  summary: 'list the mistakes in a configuration, and warn of unwise settings',
  description: [
    'Names every mistake with its place and its correction. If there is none, it warns of what is allowed but unwise on this host in its current state: sequences that are short, known, ascending, or the beginning of another one; a knock port with a service on it; a port to open without a service; programs, interfaces and directories that do not exist; commands with a misspelt `%IP%`, typographic dashes or quotes, or a `sleep`; a stop command that does not remove what the start command adds; rules for IPv4 alone on a host with IPv6. It does not listen, changes nothing, and needs no privilege.',
    'The status is 78 if there are mistakes, 77 if the file may not be read, 1 if the running daemon finds its ports open to strangers, or closed to users who knocked, else 0, even with warnings. With `--json`, each warning has an `id` that stays the same from version to version.',
  ],
  operands: [CONFIG_OPERAND],
  options: OPTIONS,
  read: ({ values, operands: [operand] }, environment) => {
    const choice = readSelector(values, environment);
    return async (output) => {
      const judged = await judgedFile(operand, choice, output);
      if (typeof judged === 'number') return judged;
      const { file } = judged;
      const { check } = await import('../../../app/config/check.ts');
      const { diagnosticParts, renderDiagnostic } = await import('../../../core/text/diagnostic.ts');
      const verdict = check(file, judged.status?.exposure);
      const { diagnostics } = verdict;
      const isGood = verdict.kind === 'good';
      const badExit = !isGood && verdict.isDenied === true ? EXIT.permission : EXIT.config;
      if (values.has('filter') && isGood) {
        output.answer({ file, filter: verdict.filter }, [verdict.filter]);
        return EXIT.ok;
      }
      if (values.has('filter') && !output.json) {
        // A consumer of standard output that expects a filter expression must not get this.
        for (const each of diagnostics) output.error(renderDiagnostic(each));
        return badExit;
      }
      const doors = isGood ? verdict.config.doors.length : undefined;
      const value = {
        file,
        from: judged.from,
        good: isGood,
        doors,
        diagnostics: diagnostics.map(diagnosticParts),
      };
      const lines = diagnostics.map((each) => paint(output, each, renderDiagnostic(each)));
      output.answer(value, [...lines, summary(output, file, diagnostics, doors)]);
      const isTrue = diagnostics.every(({ severity }) => severity !== 'error');
      return !isGood ? badExit : isTrue ? EXIT.ok : EXIT.failed;
    };
  },
};

/** The place without colour, the rest in the colour of its severity. */
function paint(output: Output, { severity, place }: Diagnostic, line: string): string {
  const style: Style = severity === 'error' ? 'red' : 'yellow';
  const mark = `:${place.line}:${place.column}: `;
  const at = line.indexOf(mark) + mark.length;
  return line.slice(0, at) + output.style(style, line.slice(at));
}

function summary(
  output: Output,
  file: string,
  diagnostics: readonly Diagnostic[],
  doors: number | undefined,
): string {
  const count = (severity: Diagnostic['severity']): string => {
    const number = diagnostics.filter((each) => each.severity === severity).length;
    return `${number} ${severity}${number === 1 ? '' : 's'}`;
  };
  const name = printable(file);
  if (doors === undefined) return `${name}: ${count('error')}, ${count('warning')}`;
  const isFalse = diagnostics.some(({ severity }) => severity === 'error');
  const good = isFalse ? `no mistake in it, ${count('error')}` : output.style('green', 'good');
  return `${name}: ${good}, ${doors} ${doors === 1 ? 'door' : 'doors'}, ${count('warning')}`;
}
