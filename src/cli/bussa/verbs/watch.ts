import { printable, printableJson } from '../../../core/event/printable.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { OptionTable } from '../../arguments/option.ts';
import { UsageError } from '../../arguments/read-options.ts';
import type { Verb } from '../../arguments/verb.ts';
import { printNoAnswer, readSelector, SELECTOR_OPTIONS } from '../../daemon-verbs/daemon-selector.ts';

const OPTIONS = {
  interval: {
    type: 'string',
    value: 'SECONDS',
    summary: 'shortest time between two refreshes, 0.2 to 60 (default 1)',
  },
  json: { type: 'boolean', summary: 'print every change as one JSON value a line' },
  ...SELECTOR_OPTIONS,
} as const satisfies OptionTable;

export const WATCH: Verb = {
  name: 'watch',
  summary: 'show open doors and pending attempts, live',
  description: [
    'A live full-screen view: packets per second and those lost, the doors, the open leases with the time left, pending attempts with their stages, and the latest events. The arrow keys select a line; `x` explains its address, `c` closes its door, `e` extends it, `b` bans the address, `?` explains all of it, `q` quits.',
    'If standard output is not a terminal, or with `--json`, each change is a line of its own, until the daemon ends; with `--json` the last line says why.',
  ],
  operands: [],
  options: OPTIONS,
  streams: true,
  read: ({ values }, environment) => {
    const choice = readSelector(values, environment);
    const intervalMs = parseInterval(values.get('interval') ?? '1');
    const json = values.has('json');
    return async (output) => {
      const { hasScreen } = await import('../../../host/terminal/terminal-screen.ts');
      if (!json && hasScreen(environment)) {
        const { watchScreen } = await import('../../../app/watch/watch-screen.ts');
        const { sshPeer } = await import('../../../host/terminal/ssh-peer.ts');
        const own = sshPeer(environment);
        const reply = await watchScreen({ choice, intervalMs, own, paint: output.style });
        return reply === undefined ? EXIT.ok : printNoAnswer(reply, output);
      }
      const { watchLines } = await import('../../../app/watch/watch-lines.ts');
      const { renderChange } = await import('../../../app/watch/watch-changes.ts');
      const reply = await watchLines(choice, (change) => {
        const time = new Date().toISOString();
        output.print(
          json
            ? printableJson({ time, ...change })
            : `${time.slice(11, 19)}Z ${printable(renderChange(change))}`,
        );
      });
      const status = printNoAnswer(reply, output);
      if (json) output.print(printableJson({ error: reply.message, status }));
      return status;
    };
  },
};

function parseInterval(text: string): number {
  const seconds = /^[0-9]{1,2}(?:\.[0-9]+)?$/.test(text) ? Number(text) : 0;
  if (seconds >= 0.2 && seconds <= 60) return seconds * 1000;
  throw new UsageError(`bad time '${text}' for --interval: give seconds from 0.2 to 60`);
}
