import type { Completion } from '../../../src/core/attempt/completion.ts';
import type { Lease, LeaseId } from '../../../src/core/lease/lease.ts';
import { instant, millis } from '../../../src/core/net/time.ts';
import { address, door, TestEngine } from '../attempt/knocks.ts';

export function lease(
  id: string,
  name: string,
  source: string,
  due: number,
  state: Lease['state'] = 'opening',
): Lease {
  const stop = `close ${name} ${source}`;
  return {
    id: id as LeaseId,
    door: name,
    source: address(source),
    stop,
    state,
    since: instant(0),
    due: instant(due),
  };
}

/** A real one, which only an engine can make: of a door that stays open for `cmdTimeout`. */
export function completion(name: string, source: string, cmdTimeout = 10_000): Completion {
  const one = door(name, '1');
  const opening = { ...one.opening, cmdTimeout: millis(cmdTimeout) };
  const engine = new TestEngine([{ ...one, opening }], { attempts: 1, recentPackets: 1 });
  engine.offer({ port: 1, from: source, at: 0 });
  const made = engine.completions[0];
  if (made === undefined) throw new Error(`${source} did not open ${name}`);
  return made;
}
