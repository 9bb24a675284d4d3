import { render } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { AskDialog } from './ask-dialog.tsx';
import { Attempts } from './attempts.tsx';
import { Day } from './day.tsx';
import { Doors } from './doors.tsx';
import { Events } from './events.tsx';
import { KeptOut } from './kept-out.tsx';
import { type LiveState, NOTHING, STALE_MS, takeMessage } from './live-state.ts';
import { OpenDoors } from './open-doors.tsx';
import { PageHead } from './page-head.tsx';
import { RateChart } from './rate-chart.tsx';
import { follow, order as giveOrder, type Order } from './server.ts';
import { Sources } from './sources.tsx';
import { type Asked, type View, ViewContext } from './view.ts';
import { Warnings } from './warnings.tsx';
import { type Language, readersLanguage } from './words.ts';

const NOTICE_MS = 8000;

function Page() {
  const state = useLive();
  const now = useNow();
  const [language, setLanguage] = useState<Language>(readersLanguage);
  const [asked, setAsked] = useState<Asked>();
  const [notice, setNotice] = useState({ text: '', isBad: false });
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  useEffect(() => {
    const timer = setTimeout(() => setNotice({ text: '', isBad: false }), NOTICE_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  const view: View = useMemo(() => {
    const order = (what: Order, done: string): void => {
      giveOrder(what).then(
        () => setNotice({ text: done, isBad: false }),
        ({ message }: Error) => setNotice({ text: message, isBad: true }),
      );
    };
    return { state, now, language, ask: setAsked, order };
  }, [state, now, language]);
  const isStale = state.overview !== undefined && now - state.heardAt > STALE_MS;
  return (
    <ViewContext.Provider value={view}>
      <PageHead language={language} onLanguage={setLanguage} />
      <Warnings />
      <main id="content" class={isStale ? 'stale' : ''}>
        <OpenDoors />
        <Attempts />
        <Doors />
        {state.overview === undefined ? null : <RateChart />}
        <KeptOut />
        <Sources />
        <Day />
        <Events />
      </main>
      <div role="status" class={notice.isBad ? 'notice bad' : 'notice'}>
        {notice.text}
      </div>
      <AskDialog asked={asked} onClose={() => setAsked(undefined)} />
      <span hidden data-colour="--accent" class="colour-accent" />
      <span hidden data-colour="--bad" class="colour-bad" />
      <span hidden data-colour="--quiet" class="colour-quiet" />
      <span hidden data-colour="--line" class="colour-line" />
    </ViewContext.Provider>
  );
}

function useLive(): LiveState {
  const [state, setState] = useState(NOTHING);
  useEffect(() => {
    void follow({
      onMessage: (message) => setState((before) => takeMessage(before, message, performance.now())),
      onEnd: (isRefused) => setState((before) => ({ ...before, isRefused, pulse: undefined })),
    });
  }, []);
  return state;
}

/** The time that is left runs down by the second. */
function useNow(): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

const place = document.getElementById('page');
if (place !== null) render(<Page />, place);
