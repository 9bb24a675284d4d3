import { type Diagnostic, renderDiagnostic } from '../../core/text/diagnostic.ts';
import { askDaemon, type DaemonSelector, meantBy, type NoAnswer } from '../ask/ask-daemon.ts';
import { restartMethod } from '../ask/start-method.ts';

/** Whether the written files are in force. `refused`: the daemon keeps what it had. */
export type ReloadNotice =
  | { readonly kind: 'in-force' | 'no-daemon' }
  /** The daemon keeps what it had, except for the user or key. `reasons`: why it refuses the files. */
  | { readonly kind: 'shut-out'; readonly reasons: readonly string[] }
  /** `isHung`: it does not answer at all. */
  | { readonly kind: 'refused'; readonly reasons: readonly string[]; readonly isHung?: true };

/** Has the daemon read its files again. */
export async function reloadUsers(choice: DaemonSelector): Promise<ReloadNotice> {
  const reply = await askDaemon(choice, { verb: 'reload' });
  if (reply.kind !== 'answer') return noticeOf(reply, choice);
  const { outcome, diagnostics, reasons } = reply.answer.reload;
  if (outcome === 'done') return { kind: 'in-force' };
  const wrong = diagnostics.filter(({ severity }: Diagnostic) => severity === 'error').map(renderDiagnostic);
  return { kind: 'refused', reasons: [...wrong, ...reasons] };
}

/**
 * Has the daemon revoke the user or key first, and then read its files again: a reload judges the host's whole ruleset,
 * which can take seconds.
 */
export async function revokeAccess(
  choice: DaemonSelector,
  user: string,
  key?: string,
): Promise<ReloadNotice> {
  const revoked = await revoke(choice, user, key);
  if (revoked.kind === 'refused' && revoked.isHung === true) return revoked;
  const told = await reloadUsers(choice);
  if (told.kind !== 'refused') return told;
  if (revoked.kind === 'refused') return { kind: 'refused', reasons: [...told.reasons, ...revoked.reasons] };
  return { kind: 'shut-out', reasons: told.reasons };
}

/** Has the daemon revoke the user or key until it reads its files again. */
export async function revoke(choice: DaemonSelector, user: string, key?: string): Promise<ReloadNotice> {
  const reply = await askDaemon(choice, { verb: 'revoke', user, ...(key === undefined ? {} : { key }) });
  return reply.kind === 'answer' ? { kind: 'shut-out', reasons: [] } : noticeOf(reply, choice);
}

/** The same for a user or key that the files no longer have. Returns whether the running daemon had it. */
export async function revokeForgotten(choice: DaemonSelector, user: string, key?: string): Promise<boolean> {
  const reply = await askDaemon(choice, { verb: 'revoke', user, ...(key === undefined ? {} : { key }) });
  return reply.kind === 'answer' && reply.answer.revoked;
}

function noticeOf({ kind, message, isHung }: NoAnswer, choice: DaemonSelector): ReloadNotice {
  if (kind !== 'no-daemon') return { kind: 'refused', reasons: [message] };
  if (isHung !== true) return { kind: 'no-daemon' };
  const way = restartMethod(meantBy(choice), true);
  const remedy = way === undefined ? '' : `; restart it: ${way.command}`;
  return {
    kind: 'refused',
    reasons: [`${message}; what it has opened stays open until it is restarted${remedy}`],
    isHung,
  };
}
