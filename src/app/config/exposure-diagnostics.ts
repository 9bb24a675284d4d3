import type { Exposure } from '../../core/control/daemon-status.ts';
import type { Diagnostic, WarningId } from '../../core/text/diagnostic.ts';

/** Warns where the whole ruleset treats the running daemon's ports differently from what the configuration says. */
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

/** The last `open` line that names the port at the beginning of the sentence. */
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
