import { gatesOf } from '../firewall/gates-of.ts';
import type { OnCompletion } from '../packets/on-completion.ts';
import { CompletionAdmission } from './completion-admission.ts';
import type { DaemonParts } from './daemon.ts';

/** After the rules are installed nothing throws any more: no port stays closed without a daemon to knock at. */
export async function closePorts(parts: DaemonParts): Promise<void> {
  const { inForce, watch, spread, payloads, codes, oneTime, native, keeper, fleet } = parts;
  const completions = new CompletionAdmission({ inForce, watch, keeper, oneTime, fleet });
  codes.listen((completion, whyNot, use) => completions.admit(completion, whyNot, use));
  const take: OnCompletion = (completion, whyNot) => void completions.admit(completion, whyNot);
  spread.listen(take);
  watch.listen(take, (knocked) => codes.judge(knocked));
  payloads.listen((completion, whyNot, use) => completions.admit(completion, whyNot, use));
  await native.install(gatesOf(inForce.current), inForce.current.settings);
}
