/**
 * Whether a packet meets a condition. `maybe`: it depends on more than the ruleset, such as a limit's tokens. `never`:
 * the packet lacks the field, so the rule does not match, negated or not.
 */
export type Truth = 'yes' | 'no' | 'maybe' | 'never';

export const is = (fact: boolean): Truth => (fact ? 'yes' : 'no');

export function both(truths: readonly Truth[]): Truth {
  if (truths.includes('never')) return 'never';
  if (truths.includes('no')) return 'no';
  return truths.includes('maybe') ? 'maybe' : 'yes';
}

export function either(truths: readonly Truth[]): Truth {
  if (truths.includes('yes')) return 'yes';
  if (truths.includes('maybe')) return 'maybe';
  return truths.length > 0 && truths.every((one) => one === 'never') ? 'never' : 'no';
}

export function negate(truth: Truth): Truth {
  if (truth === 'yes') return 'no';
  return truth === 'no' ? 'yes' : truth;
}

export const negateIf = (not: boolean, truth: Truth): Truth => (not ? negate(truth) : truth);
