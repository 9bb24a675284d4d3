import { renderMomentMillis } from '../event/render-moment.ts';
import { instant } from '../net/time.ts';

export type PlainEntry = Readonly<Record<string, unknown>> & { readonly time: string; readonly text: string };

/** What a daemon tells of one source. */
export type PlainStory = {
  readonly entries: readonly PlainEntry[];
  /** What is the case now, in sentences. */
  readonly present: readonly string[];
  readonly why: { readonly kind: string; readonly door?: string; readonly sentence: string };
  readonly opened: boolean;
  readonly followed: boolean;
  /** ISO 8601. */
  readonly since: string;
};

const OPENED: ReadonlySet<string> = new Set(['open', 'was-open', 'completed']);

/** The story in a daemon's answer. */
export function storyOf(answer: Readonly<Record<string, unknown>>): PlainStory {
  const why = { kind: '', sentence: '', ...(answer.why as object | undefined) } as PlainStory['why'];
  const now = moment(answer.now);
  return {
    entries: (Array.isArray(answer.entries) ? answer.entries : []).map((entry: object) =>
      plainEntry(entry, now),
    ),
    present: Array.isArray(answer.present) ? answer.present.map(String) : [],
    why,
    opened: OPENED.has(why.kind),
    followed: answer.followed === true,
    since: isoOf(answer.since),
  };
}

function plainEntry(entry: object, now: number): PlainEntry {
  const { at, lastAt, text, ...rest } = { at: 0, lastAt: 0, text: '', ...entry } as Record<string, unknown>;
  const time = renderMomentMillis(instant(moment(at)), instant(now));
  return { ...rest, at: isoOf(at), lastAt: isoOf(lastAt), time, text: String(text) };
}

const moment = (value: unknown): number => (typeof value === 'number' ? value : 0);

function isoOf(value: unknown): string {
  const date = new Date(moment(value));
  return Number.isNaN(date.getTime()) ? String(value) : date.toISOString();
}
