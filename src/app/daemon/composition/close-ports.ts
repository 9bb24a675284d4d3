import { gatesOf } from '../firewall/gates-of.ts';
import type { OnCompletion } from '../packets/on-completion.ts';
import { CompletionAdmission } from './completion-admission.ts';
import type { DaemonParts } from './daemon.ts';

/** After the rules are installed nothing throws any more: no port stays closed without a daemon to knock at. */
export async function closePorts(parts: DaemonParts): Promise<void> {
  const { inForce, watch, spread, payloads, codes, oneTime, native, keeper } = parts;
  const completions = new CompletionAdmission({ inForce, watch, keeper, oneTime });
  codes.listen((completion, whyNot) => completions.take(completion, whyNot));
  const take: OnCompletion = (completion, whyNot) => void completions.take(completion, whyNot);
  spread.listen(take);
  watch.listen(take, (knocked) => codes.take(knocked));
  payloads.listen((completion, whyNot) => completions.take(completion, whyNot));
  await native.install(gatesOf(inForce.current), inForce.current.settings);
}
