import type { Connection } from '../net/connection.ts';
import type { Port } from '../net/port.ts';
import type { PortOpening } from './port-opening.ts';

/** The ports of `wanted` that are not in `known`, each once. */
export function portsNotIn(wanted: readonly PortOpening[], known: readonly PortOpening[]): PortOpening[] {
  const found: PortOpening[] = [];
  for (const ports of wanted) {
    let left: PortOpening[] = [ports];
    for (const taken of [...known, ...found]) left = left.flatMap((part) => without(part, taken));
    found.push(...left);
  }
  return found;
}

export function hasConnection(ports: readonly PortOpening[], { protocol, path, port }: Connection): boolean {
  return ports.some(
    (one) => one.protocol === protocol && one.path === path && one.first <= port && port <= one.last,
  );
}

/** What remains of `part`: none, one or two ranges. */
function without(part: PortOpening, taken: PortOpening): PortOpening[] {
  const apart =
    part.protocol !== taken.protocol ||
    part.path !== taken.path ||
    taken.last < part.first ||
    part.last < taken.first;
  if (apart) return [part];
  return [
    ...(part.first < taken.first ? [{ ...part, last: (taken.first - 1) as Port }] : []),
    ...(taken.last < part.last ? [{ ...part, first: (taken.last + 1) as Port }] : []),
  ];
}
