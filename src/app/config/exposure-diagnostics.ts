import type { Exposure } from '../../core/control/daemon-status.ts';
import type { Diagnostic, WarningId } from '../../core/text/diagnostic.ts';

/** What the running daemon's ports are in the whole ruleset, where it is not what the configuration says. */
export function exposureDiagnostics(
  file: string,
  bytes: Uint8Array,
  { open, shut, unjudged }: Exposure,
): Diagnostic[] {
  const lines = new TextDecoder('latin1').decode(bytes).split(/\r?\n/);
  const told = (severity: Diagnostic['severity'], id: WarningId, texts: readonly string[]): Diagnostic[] =>
    texts.map((message) => ({ severity, id, message, place: placeOf(file, lines, message) }));
  return [
    ...told('error', 'open-to-strangers', open),
    ...told('error', 'shut-to-knockers', shut),
    ...told('warning', 'not-judged', unjudged),
  ];
}

/** The last `open` that names the port at the sentence's beginning. */
function placeOf(file: string, lines: readonly string[], message: string): Diagnostic['place'] {
  const [, protocol, port] = /^(tcp|udp)\/([0-9]+)/.exec(message) ?? [];
  const line = lines.findLastIndex(
    (text) =>
      /^\s*open\s*=/i.test(text) &&
      [...text.matchAll(/(tcp|udp)\/([0-9]+)(?:-([0-9]+))?/g)].some(
        ([, of, first, last = first]) =>
          of === protocol && Number(first) <= Number(port) && Number(port) <= Number(last),
      ),
  );
  return { file, line: Math.max(line, 0) + 1, column: 1 };
}
