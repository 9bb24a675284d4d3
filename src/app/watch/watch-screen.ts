import type { FeedEvent, FollowPart } from '../../core/control/feed-event.ts';
import type { Overview } from '../../core/control/overview.ts';
import { entryTime, hasOpened, type SourceStory } from '../../core/control/source-story.ts';
import type { Address } from '../../core/net/address.ts';
import { addressPrefix } from '../../core/net/prefix.ts';
import { TerminalScreen } from '../../host/terminal/terminal-screen.ts';
import { askDaemon, type DaemonSelector, type NoAnswer } from '../ask/ask-daemon.ts';
import { DaemonMirror } from '../ask/daemon-mirror.ts';
import { followDaemon } from '../ask/follow-daemon.ts';
import { type LineStyle, renderLine } from './line.ts';
import { renderWatch } from './render-watch.ts';
import { MAX_ROWS } from './watch-poll.ts';
import {
  addEvents,
  addPoll,
  addPulse,
  EMPTY_WATCH,
  pressKey,
  type WatchAction,
  type WatchEvent,
  type WatchState,
} from './watch-state.ts';

export type WatchParts = {
  readonly choice: DaemonSelector;
  readonly intervalMs: number;
  /** The address that the viewer is connected from. */
  readonly own: Address | undefined;
  readonly paint: (style: LineStyle, text: string) => string;
};

/** The live view, until the user leaves it. Returns at once if the daemon does not answer the first poll. */
export async function watchScreen(parts: WatchParts): Promise<NoAnswer | undefined> {
  const first = await askDaemon(parts.choice, { verb: 'overview', limit: MAX_ROWS });
  if (first.kind !== 'answer') return first;
  const screen = new WatchScreen(parts, first.answer, await eventsUntilNow(parts.choice));
  await screen.left;
  return undefined;
}

/** What the daemon remembers. What happens before the view follows it is missing here, and nothing is there twice. */
async function eventsUntilNow(choice: DaemonSelector): Promise<readonly FeedEvent[]> {
  const events: FeedEvent[] = [];
  for await (const followed of followDaemon(choice, 'oldest')) {
    if (followed.kind !== 'part') break;
    events.push(...followed.part.events);
    if (!followed.part.more) break;
  }
  return events;
}

const dayOf = (moment: number): string => new Date(moment).toTimeString().slice(0, 8);

const watchEvent = ({ at, text, level }: FeedEvent): WatchEvent => ({ day: dayOf(at), text, level });

/** Entries of a story that fit on a small screen beside its result. */
const PAGE = 10;
const PAINT_MS = 1000;

class WatchScreen {
  readonly #parts: WatchParts;
  readonly #screen: TerminalScreen;
  readonly #timer: NodeJS.Timeout;
  readonly #mirror: DaemonMirror;
  readonly #end = Promise.withResolvers<void>();
  #state: WatchState;
  /** Why the last poll failed. */
  #trouble: string | undefined;

  constructor(parts: WatchParts, first: Overview, events: readonly FeedEvent[]) {
    this.#parts = parts;
    this.#state = { ...EMPTY_WATCH, own: parts.own };
    this.#state = addPoll(this.#state, { ...first, at: performance.now() });
    this.#state = addEvents(this.#state, events.map(watchEvent));
    this.#screen = new TerminalScreen(
      (key) => this.#press(key),
      () => this.#paint(),
    );
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.on(signal, () => this.#leave());
    // The remaining time decreases even if nothing happens.
    this.#timer = setInterval(() => this.#paint(), PAINT_MS);
    this.#mirror = new DaemonMirror({
      choice: parts.choice,
      intervalMs: parts.intervalMs,
      noiseIntervalMs: parts.intervalMs,
      limit: MAX_ROWS,
      onOverview: (overview) => this.#update(overview),
      onPart: (part) => this.#follow(part),
      onTrouble: ({ message }) => this.#complain(message),
    });
    this.#paint();
  }

  get left(): Promise<void> {
    return this.#end.promise;
  }

  #leave(): void {
    clearInterval(this.#timer);
    this.#mirror.stop();
    this.#screen.close();
    this.#end.resolve();
  }

  #update(overview: Overview): void {
    this.#state = addPoll(this.#state, { ...overview, at: performance.now() });
    if (this.#state.message === this.#trouble) this.#state = { ...this.#state, message: undefined };
    this.#trouble = undefined;
    this.#paint();
  }

  #follow({ events, pulse }: FollowPart): void {
    if (events.length === 0 && pulse === undefined) return;
    this.#state = addEvents(this.#state, events.map(watchEvent));
    if (pulse !== undefined) this.#state = addPulse(this.#state, pulse);
    this.#paint();
  }

  #complain(message: string): void {
    this.#trouble = message;
    this.#state = { ...this.#state, message };
    this.#paint();
  }

  #press(key: string): void {
    const { state, action } = pressKey(this.#state, key);
    this.#state = state;
    if (action !== undefined) void this.#act(action);
    this.#paint();
  }

  async #act(action: WatchAction): Promise<void> {
    switch (action.kind) {
      case 'quit':
        return this.#leave();
      case 'suspend':
        return this.#screen.suspend();
      case 'explain':
        this.#state = await this.#explain(action.source);
        return this.#paint();
      default: {
        const reply = await order(this.#parts.choice, action);
        const message = reply.kind === 'answer' ? DONE[action.kind](action.source) : reply.message;
        this.#state = { ...this.#state, message };
        await this.#mirror.refresh();
        this.#paint();
      }
    }
  }

  async #explain(source: Address): Promise<WatchState> {
    const reply = await askDaemon(this.#parts.choice, { verb: 'explain', ip: source });
    if (reply.kind !== 'answer') return { ...this.#state, message: reply.message };
    return { ...this.#state, page: [source, '', ...renderStory(reply.answer)] };
  }

  #paint(): void {
    const { size } = this.#screen;
    const lines = renderWatch(this.#state, performance.now(), dayOf(Date.now()), size);
    this.#screen.paint(lines.map((line) => renderLine(line, size.columns, this.#parts.paint)));
  }
}

type Action = Extract<WatchAction, { kind: 'close' | 'extend' | 'ban' }>;

const DONE: Readonly<Record<Action['kind'], (source: string) => string>> = {
  close: (source) => `closed for ${source}`,
  extend: (source) => `extended for ${source}`,
  ban: (source) => `${source} is banned; bussa unban ${source} lifts the ban`,
};

function order(choice: DaemonSelector, action: Action): Promise<NoAnswer | { readonly kind: 'answer' }> {
  const { kind, source } = action;
  switch (kind) {
    case 'ban':
      return askDaemon(choice, { verb: kind, who: addressPrefix(source) });
    case 'close':
      return askDaemon(choice, { verb: kind, door: action.door, ip: source });
    case 'extend':
      return askDaemon(choice, { verb: kind, door: action.door, ip: source });
    default:
      throw new Error(`an action without a request: ${JSON.stringify(kind satisfies never)}`);
  }
}

function renderStory(story: SourceStory): readonly string[] {
  const { entries, present, why, now } = story;
  const door = why.door === undefined ? '' : `${why.door}: `;
  const last = present.length > 0 ? 'Last try: ' : '';
  return [
    ...present.map((sentence) => `Now: ${sentence}.`),
    ...entries.slice(-PAGE).map((entry) => `${entryTime(entry, now)}  ${entry.text}`),
    '',
    `${last}${hasOpened(story) ? 'Opened' : 'Not opened'}: ${door}${why.sentence}.`,
  ];
}
