import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Overview } from '../../../core/control/overview.ts';

/** One frame. */
const TURN_MS = 16;

/** `since`: when the overview arrived, on `performance.now()`. */
export type Shown = { readonly overview: Overview; readonly since: number };
export type Draw = (shown: Shown) => ComponentChildren;

type PartProps = { readonly turn: number; readonly shown: Shown; readonly draw: Draw };

/**
 * A part of the page that is drawn in a task of its own. All parts of an overview at once would keep the page from answering
 * for longer than 50 ms. `turn`: how many frames it waits.
 */
export function Part({ turn, shown, draw }: PartProps) {
  const [current, setCurrent] = useState<Shown>();
  useEffect(() => {
    const timer = setTimeout(() => setCurrent(shown), turn * TURN_MS);
    return () => clearTimeout(timer);
  }, [shown, turn]);
  return useMemo(() => current && draw(current), [current, draw]);
}
