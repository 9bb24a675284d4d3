import { renderMomentMillis } from '../event/render-moment.ts';
import type { Address } from '../net/address.ts';
import type { Instant } from '../net/time.ts';
import type { Said } from '../say/said.ts';
import type { Explanation } from '../trace/explanation.ts';
import { EXPLANATION_KINDS } from '../trace/explanation-kinds.ts';
import { renderTraceEntry, saidEntry } from '../trace/render-trace.ts';
import { TRACED, type TraceEntry, type TraceKind } from '../trace/trace-entry.ts';
import { list, optional, record, word } from './reader.ts';
import { SAID } from './said-reader.ts';
import { ADDRESS, FLAG, MOMENT, NUMBER, TEXT } from './value-readers.ts';

/** What the daemon knows about a source. Moments are by the wall clock. */
export type SourceStory = {
  readonly source: Address;
  readonly entries: readonly StoryEntry[];
  /** The present state, in sentences. */
  readonly present: readonly string[];
  /** The same by their kinds; absent in answers of older daemons. */
  readonly presentSaid?: readonly Said[];
  readonly why: Explanation;
  readonly now: Instant;
  readonly since: Instant;
  readonly followed: boolean;
};

/** `text`: the whole entry except its time; `of`: number of knocks in the door's sequence. */
export type StoryEntry = Pick<
  TraceEntry,
  'kind' | 'at' | 'count' | 'lastAt' | 'stage' | 'flags' | 'reason'
> & {
  /** `tcp/7001` */
  readonly knock?: string;
  readonly door?: string;
  readonly of?: number;
  readonly text: string;
  /** By its kind: without knock, door and count. */
  readonly said?: Said;
};

const KINDS = Object.keys(TRACED) as TraceKind[];

const STORY_ENTRY = record<StoryEntry>({
  kind: word(...KINDS),
  at: MOMENT,
  count: NUMBER,
  lastAt: MOMENT,
  stage: NUMBER,
  flags: optional(NUMBER),
  reason: optional(TEXT),
  knock: optional(TEXT),
  door: optional(TEXT),
  of: optional(NUMBER),
  text: TEXT,
  said: optional(SAID),
});

export const SOURCE_STORY = record<SourceStory>({
  source: ADDRESS,
  entries: list(STORY_ENTRY),
  present: list(TEXT),
  presentSaid: optional(list(SAID)),
  why: record<Explanation>({
    kind: word(...EXPLANATION_KINDS),
    door: optional(TEXT),
    sentence: TEXT,
    said: optional(SAID),
  }),
  now: MOMENT,
  since: MOMENT,
  followed: FLAG,
});

export function storyEntry(entry: TraceEntry): StoryEntry {
  const { door, otherDoor, knock, why: _, ...rest } = entry;
  return {
    ...rest,
    ...(knock === undefined ? {} : { knock: `${knock.protocol}/${knock.port}` }),
    ...(door === undefined ? {} : { door: door.name, of: door.sequence.length }),
    ...(otherDoor === undefined ? {} : { door: otherDoor }),
    text: renderTraceEntry(entry),
    said: saidEntry(entry),
  };
}

export const entryTime = ({ at }: StoryEntry, now: Instant): string => renderMomentMillis(at, now);

const OPENED: ReadonlySet<Explanation['kind']> = new Set(['open', 'was-open', 'completed']);

/** Whether the last attempt opened the door. */
export const hasOpened = ({ why }: SourceStory): boolean => OPENED.has(why.kind);
