import type { PlainBan } from '../../../core/control/ban-answers.ts';
import type { PenaltyRow } from '../../../core/control/overview.ts';
import type { SourceStory } from '../../../core/control/source-story.ts';
import type { PastLease } from '../../../core/lease/past-lease.ts';
import type { LiveMessage } from '../live-message.ts';
import { hiddenIn, parseVisibly } from './parse-visibly.ts';
import { readStored, store } from './stored.ts';

const STORED = 'bussa-token';
/** A stream without a line for this long is dead: with a daemon there is one every second, without one every few. */
const SILENCE_MS = 20_000;
/** Delay before reconnecting. */
const AGAIN_MS = 1000;

/** `error`: with any status but success. */
type Reply<T> = { readonly answer: T; readonly error?: string };

/** Answers of this page's own server. */
type Answers = {
  readonly explain: SourceStory;
  readonly history: readonly PastLease[];
  readonly penalties: readonly PenaltyRow[];
  readonly bans: readonly PlainBan[];
};

export type Order =
  | { readonly verb: 'open' | 'extend'; readonly door: string; readonly ip: string; readonly for?: number }
  | { readonly verb: 'close'; readonly door: string; readonly ip: string }
  | { readonly verb: 'ban' | 'unban'; readonly who: string };

/** The token must not stay in the address bar, the history or a screenshot: it is kept in this tab only. */
function takeToken(before: string): string {
  const given = location.hash.slice(1);
  if (given === '') return readStored(STORED, 'session') || before;
  store(STORED, given, 'session');
  history.replaceState(null, '', location.pathname);
  return given;
}

let token = takeToken('');
addEventListener('hashchange', () => {
  token = takeToken(token);
});

function request(path: string, more: RequestInit = {}): Promise<Response> {
  const headers = { ...more.headers, Authorization: `Bearer ${token}` };
  return fetch(path, { cache: 'no-store', credentials: 'omit', redirect: 'error', ...more, headers });
}

export async function ask<K extends keyof Answers>(what: K, query = ''): Promise<Answers[K]> {
  const response = await request(`/api/${what}${query}`);
  const { answer, error } = parseVisibly<Reply<Answers[K]>>(await response.text());
  if (!response.ok) throw new Error(String(error));
  return answer;
}

export async function order(what: Order): Promise<void> {
  const body = JSON.stringify('door' in what ? { ...what, door: hiddenIn(what.door) } : what);
  const headers = { 'Content-Type': 'application/json' };
  const response = await request('/api/order', { method: 'POST', headers, body });
  const { error } = parseVisibly<Reply<undefined>>(await response.text());
  if (!response.ok) throw new Error(String(error));
}

export type Listener = {
  readonly onMessage: (message: LiveMessage) => void;
  /** `isRefused`: the token is wrong. */
  readonly onEnd: (isRefused: boolean) => void;
};

/** Receives events as long as the page lives. */
export async function follow({ onMessage, onEnd }: Listener): Promise<never> {
  for (;;) {
    let isRefused = false;
    try {
      const silence = new AbortController();
      const response = await request('/api/live', { signal: silence.signal });
      isRefused = response.status === 401;
      if (response.ok && response.body !== null) await readLines(response.body, onMessage, silence);
    } catch {
      // The server or the network is gone: try again.
    }
    onEnd(isRefused);
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

async function readLines(
  body: ReadableStream<Uint8Array>,
  take: (message: LiveMessage) => void,
  silence: AbortController,
): Promise<void> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let begun = '';
  for (;;) {
    // After a suspend or a change of network, a connection may be dead without anybody having told so.
    const timer = setTimeout(() => silence.abort(), SILENCE_MS);
    const { value, done } = await reader.read().finally(() => clearTimeout(timer));
    if (done) return;
    const lines = (begun + decoder.decode(value, { stream: true })).split('\n');
    begun = lines.pop() ?? '';
    for (const line of lines) take(parseVisibly<LiveMessage>(line));
  }
}
