import { type Diagnostic, renderDiagnostic } from '../../core/text/diagnostic.ts';
import { askDaemon, type DaemonSelector } from '../ask/ask-daemon.ts';

/** Whether what has been written is in force. `refused`: the daemon goes on with what it had. */
export type Told =
  | { readonly kind: 'in-force' | 'no-daemon' }
  | { readonly kind: 'refused'; readonly reasons: readonly string[] };

/** Has the daemon read its files again. */
export async function tellDaemon(choice: DaemonSelector): Promise<Told> {
  const reply = await askDaemon(choice, { verb: 'reload' });
  if (reply.kind === 'no-daemon') return { kind: 'no-daemon' };
  if (reply.kind !== 'answer') return { kind: 'refused', reasons: [reply.message] };
  const { outcome, diagnostics, reasons } = reply.answer.reload;
  if (outcome === 'done') return { kind: 'in-force' };
  const wrong = diagnostics.filter(({ severity }: Diagnostic) => severity === 'error').map(renderDiagnostic);
  return { kind: 'refused', reasons: [...wrong, ...reasons] };
}
