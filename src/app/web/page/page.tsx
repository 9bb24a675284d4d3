import { render } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { LiveMessage } from '../live-message.ts';
import { AskDialog } from './ask-dialog.tsx';
import { Attempts } from './attempts.tsx';
import { Day } from './day.tsx';
import { Doors } from './doors.tsx';
import { Events } from './events.tsx';
import { KeptOut } from './kept-out.tsx';
import { keepLanguage, type Language, loadWords, readersLanguage, say, type Words } from './language.ts';
import { applyMessage, type LiveState, NOTHING } from './live-state.ts';
import { OpenDoors } from './open-doors.tsx';
import { PageHead } from './page-head.tsx';
import { type Draw, Part } from './part.tsx';
import { RateChart } from './rate-chart.tsx';
import { English } from './sentence.tsx';
import { follow, order as giveOrder, type Order } from './server.ts';
import { Sources } from './sources.tsx';
import { Users } from './users.tsx';
import { type Asked, type Translation, translationOf, type View, ViewContext } from './view.ts';
import { Warnings } from './warnings.tsx';

const NOTICE_MS = 8000;
/** Delay before the words are requested again. */
const AGAIN_MS = 1000;
/** Changes within this time are drawn together. */
const DRAW_MS = 250;

/** `detail`: why something has not been done, in English. */
type Notice = { readonly text: string; readonly detail?: string };

const NO_NOTICE: Notice = { text: '' };

function Page({ first }: { readonly first: Words }) {
  const state = useLive();
  const [words, setWords] = useState(first);
  const { language } = words;
  const [asked, setAsked] = useState<Asked>();
  const [notice, setNotice] = useState<Notice>(NO_NOTICE);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  useEffect(() => {
    const timer = setTimeout(() => setNotice(NO_NOTICE), NOTICE_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  const { readOnly, overview, overviewAt, attempts, events, lost, rates } = state;
  const view: View & Translation = useMemo(() => {
    const order = (what: Order, done: string): void => {
      giveOrder(what).then(
        () => setNotice({ text: done }),
        ({ message }: Error) => setNotice({ text: say(words, 'notDone'), detail: message }),
      );
    };
    return { readOnly, ...translationOf(words), ask: setAsked, order };
  }, [readOnly, words]);
  const choose = (chosen: Language): void => {
    keepLanguage(chosen);
    loadWords(chosen).then(setWords, ({ message }: Error) =>
      setNotice({ text: say(words, 'notDone'), detail: message }),
    );
  };
  // A part is drawn again only if its data has changed: a flood brings many messages per second.
  const shown = useMemo(() => overview && { overview, since: overviewAt }, [overview, overviewAt]);
  const pending = useMemo(() => <Attempts attempts={attempts} />, [attempts]);
  const chart = useMemo(() => <RateChart rates={rates} />, [rates]);
  const log = useMemo(() => <Events events={events} lost={lost} />, [events, lost]);
  return (
    <ViewContext.Provider value={view}>
      <PageHead state={state} language={language} onLanguage={choose} />
      <Warnings state={state} />
      <main id="content">
        {shown === undefined ? null : (
          <>
            <Part turn={0} shown={shown} draw={drawOpenDoors} />
            {pending}
            <Part turn={1} shown={shown} draw={drawDoors} />
            <Part turn={2} shown={shown} draw={drawUsers} />
            {chart}
            <Part turn={3} shown={shown} draw={drawKeptOut} />
            <Part turn={4} shown={shown} draw={drawSources} />
            <Part turn={5} shown={shown} draw={drawDay} />
            {log}
          </>
        )}
      </main>
      <div role="status" class={notice.detail === undefined ? 'notice' : 'notice bad'}>
        {notice.detail === undefined ? (
          notice.text
        ) : (
          <>
            {notice.text} <English>{notice.detail}</English>
          </>
        )}
      </div>
      <AskDialog asked={asked} events={events} onClose={() => setAsked(undefined)} />
      <span hidden data-colour="--accent" class="colour-accent" />
      <span hidden data-colour="--bad" class="colour-bad" />
      <span hidden data-colour="--quiet" class="colour-quiet" />
      <span hidden data-colour="--line" class="colour-line" />
    </ViewContext.Provider>
  );
}

const drawOpenDoors: Draw = ({ overview, since }) => <OpenDoors overview={overview} since={since} />;
const drawDoors: Draw = ({ overview }) => <Doors overview={overview} />;
const drawUsers: Draw = ({ overview: { users } }) => users && <Users users={users} />;
const drawKeptOut: Draw = ({ overview }) => <KeptOut overview={overview} />;
const drawSources: Draw = ({ overview }) => <Sources sources={overview.sources} />;
const drawDay: Draw = ({ overview }) => <Day overview={overview} />;

function useLive(): LiveState {
  const [state, setState] = useState(NOTHING);
  useEffect(() => {
    let waiting: { readonly message: LiveMessage; readonly at: number }[] = [];
    let timer: number | undefined;
    const take = (): void => {
      const some = waiting;
      waiting = [];
      timer = undefined;
      setState((before) => some.reduce((next, { message, at }) => applyMessage(next, message, at), before));
    };
    void follow({
      onMessage: (message) => {
        waiting.push({ message, at: performance.now() });
        if (timer === undefined) timer = setTimeout(take, DRAW_MS);
      },
      onEnd: (isRefused) => setState((before) => ({ ...before, isRefused, pulse: undefined })),
    });
  }, []);
  return state;
}

/** The words come first; the server may be away for a moment. */
async function start(place: HTMLElement): Promise<void> {
  for (;;) {
    const words = await loadWords(readersLanguage()).catch(() => undefined);
    if (words !== undefined) return render(<Page first={words} />, place);
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

const place = document.getElementById('page');
if (place !== null) void start(place);
