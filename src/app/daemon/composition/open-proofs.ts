import { CodeJudge, type CodeJudgeParts } from '../proofs/code-judge.ts';
import { PayloadListener } from '../proofs/payload-listener.ts';
import { CodeCounters } from '../reporting/code-counters.ts';
import { ProofCounters } from '../reporting/proof-counters.ts';
import { SpaCounters } from '../reporting/spa-counters.ts';

type OpenProofsParts = Omit<CodeJudgeParts, 'counters'> & { readonly ipv6: boolean };

/** Opens the judges of signed knocks, fwknop packets and codes, and their counters. */
export function openProofs({ inForce, watch, store, clock, keeper, ipv6, report }: OpenProofsParts) {
  const proofs = { signed: new ProofCounters(), spa: new SpaCounters(), codes: new CodeCounters() };
  const { signed, spa, codes: counters } = proofs;
  const payloads = new PayloadListener({
    ...{ inForce, watch, store, clock, keeper },
    ...{ signed, spa, ipv6, report },
  });
  const codes = new CodeJudge({ inForce, watch, store, clock, keeper, counters, report });
  return { payloads, codes, proofs };
}
