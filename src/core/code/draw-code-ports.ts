import { NEAR, type Span } from '../decoy/decoy-ports.ts';
import { BLOCK, type CodePorts } from '../door/code-ports.ts';
import { portsBrowsersRefuse } from '../net/browser-ports.ts';

/** Two digits below NodePorts and the local ports of connections: easy to put in front of three others. */
const FIRST = 10;
const LAST = 29;

export type CodePortsOptions = {
  /** Ports that services use, that are knocked on, or that doors open. */
  readonly used: ReadonlySet<number>;
  /** The local ports of the host's own connections. */
  readonly local: Span;
  /** The code ports of other doors. */
  readonly others: readonly CodePorts[];
  /** An unpredictable whole number below its argument, all equally likely. */
  readonly draw: (limit: number) => number;
};

/**
 * Draws two blocks of ports that nothing else uses, and that browsers can send to. If there are not two, blocks with
 * services are used: a single packet to a block is not a guess. `undefined`: not even two blocks lie outside the local ports.
 */
export function drawCodePorts(wish: CodePortsOptions): CodePorts | undefined {
  const all = Array.from({ length: LAST - FIRST + 1 }, (_, i) => FIRST + i).filter(
    (prefix) => !overlaps(prefix, wish.local),
  );
  const taken = new Set(wish.others.flat());
  const others = all.filter((prefix) => !taken.has(prefix));
  const unused = others.filter((prefix) => !isUsed(prefix, wish.used));
  const knockable = unused.filter((prefix) => !hasRefused(prefix));
  const choice = [knockable, unused, others].find(({ length }) => length >= 2);
  return choice === undefined ? sharedPair(all, wish) : pairOf(choice, wish.draw);
}

function pairOf(prefixes: readonly number[], draw: CodePortsOptions['draw']): CodePorts {
  const first = draw(prefixes.length);
  const second = draw(prefixes.length - 1);
  const [a = FIRST, b = LAST] = [prefixes[first], prefixes[second < first ? second : second + 1]];
  return [a, b];
}

/** Blocks of other doors, in a pair that no door has: the pair identifies the door. */
function sharedPair(prefixes: readonly number[], { others, draw }: CodePortsOptions): CodePorts | undefined {
  const free = prefixes.flatMap((a) =>
    prefixes.flatMap((b): CodePorts[] =>
      a === b || others.some(([first, second]) => first === a && second === b) ? [] : [[a, b]],
    ),
  );
  return free[draw(free.length || 1)];
}

const overlaps = (prefix: number, { first, last }: Span): boolean =>
  first < (prefix + 1) * BLOCK && prefix * BLOCK <= last;

/** A page cannot knock at all codes there. */
const hasRefused = (prefix: number): boolean =>
  portsBrowsersRefuse(prefix * BLOCK, (prefix + 1) * BLOCK - 1).length > 0;

/** The decoy ports beside a knock port must not lie in a block either. */
function isUsed(prefix: number, used: ReadonlySet<number>): boolean {
  for (let port = prefix * BLOCK - NEAR; port < (prefix + 1) * BLOCK + NEAR; port++)
    if (used.has(port)) return true;
  return false;
}
