import { NEAR, type Span } from '../decoy/decoy-ports.ts';
import { BLOCK, type CodePorts } from '../door/code-ports.ts';

/** Below the local ports of connections and NodePorts, and two digits each: easy to put in front of three others. */
const FIRST = 10;
const LAST = 29;

export type CodePortsWish = {
  /** Ports that services use, that are knocked on, or that doors open. */
  readonly used: ReadonlySet<number>;
  /** The local ports of the host's own connections. */
  readonly local: Span;
  /** Those of other doors. */
  readonly others: readonly CodePorts[];
  /** A whole number from 0 to below its argument, each as likely as the others, that nobody can guess. */
  readonly draw: (limit: number) => number;
};

/**
 * Two blocks of ports that nothing else uses. Where there are not two, those that services use will do: one packet to a
 * block is no guess. `undefined` where there are not even two outside the local ports.
 */
export function drawCodePorts(wish: CodePortsWish): CodePorts | undefined {
  const all = Array.from({ length: LAST - FIRST + 1 }, (_, i) => FIRST + i).filter(
    (prefix) => !overlaps(prefix, wish.local),
  );
  const taken = new Set(wish.others.flat());
  const others = all.filter((prefix) => !taken.has(prefix));
  const unused = others.filter((prefix) => !isUsed(prefix, wish.used));
  const choice = [unused, others].find(({ length }) => length >= 2);
  return choice === undefined ? sharedPair(all, wish) : pairOf(choice, wish.draw);
}

function pairOf(prefixes: readonly number[], draw: CodePortsWish['draw']): CodePorts {
  const first = draw(prefixes.length);
  const second = draw(prefixes.length - 1);
  const [a = FIRST, b = LAST] = [prefixes[first], prefixes[second < first ? second : second + 1]];
  return [a, b];
}

/** Blocks of other doors in a pair that no door has: the pair names the door. */
function sharedPair(prefixes: readonly number[], { others, draw }: CodePortsWish): CodePorts | undefined {
  const free = prefixes.flatMap((a) =>
    prefixes.flatMap((b): CodePorts[] =>
      a === b || others.some(([first, second]) => first === a && second === b) ? [] : [[a, b]],
    ),
  );
  return free[draw(free.length || 1)];
}

const overlaps = (prefix: number, { first, last }: Span): boolean =>
  first < (prefix + 1) * BLOCK && prefix * BLOCK <= last;

/** A knock port's decoy ports must not lie in a block either. */
function isUsed(prefix: number, used: ReadonlySet<number>): boolean {
  for (let port = prefix * BLOCK - NEAR; port < (prefix + 1) * BLOCK + NEAR; port++)
    if (used.has(port)) return true;
  return false;
}
