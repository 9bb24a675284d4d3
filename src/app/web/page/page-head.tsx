import { useEffect, useState } from 'preact/hooks';
import { renderUptime } from './format.ts';
import { isLanguage, LANGUAGES, type Language } from './language.ts';
import type { LiveState } from './live-state.ts';
import { readStored, store } from './stored.ts';
import { useView } from './view.ts';

const THEMES = ['system', 'light', 'dark'] as const;
const STORED_THEME = 'bussa-theme';

type PageHeadProps = {
  readonly state: LiveState;
  readonly language: Language;
  readonly onLanguage: (language: Language) => void;
};

export function PageHead({ state, language, onLanguage }: PageHeadProps) {
  const { say } = useView();
  const { host, readOnly, overview } = state;
  const { theme, setTheme } = useTheme();
  const status = overview?.status;
  const firewall = status?.firewall;
  const name = firewall === undefined ? '' : 'name' in firewall ? firewall.name : '';
  const facts =
    status === undefined ? [] : [say('uptime', renderUptime(status.uptime)), name, status.version];
  return (
    <header>
      <button type="button" class="skip" onClick={skip}>
        {say('skip')}
      </button>
      <h1>Bussa{host === '' ? '' : ` · ${host}`}</h1>
      <p class="facts">
        {facts.filter(Boolean).join(' · ')}
        {readOnly ? <span class="tag">{say('readOnly')}</span> : null}
      </p>
      <label>
        <span class="unseen">{say('language')}</span>
        <select
          value={language}
          onChange={({ currentTarget: { value } }) => {
            if (isLanguage(value)) onLanguage(value);
          }}
        >
          {Object.entries(LANGUAGES).map(([tag, text]) => (
            <option key={tag} value={tag} lang={tag}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span class="unseen">{say('theme')}</span>
        <select value={theme} onChange={({ currentTarget: { value } }) => setTheme(value)}>
          {THEMES.map((each) => (
            <option key={each} value={each}>
              {say(each)}
            </option>
          ))}
        </select>
      </label>
    </header>
  );
}

/** Not a link: the fragment holds the token. */
function skip(): void {
  const content = document.getElementById('content');
  content?.setAttribute('tabindex', '-1');
  content?.focus();
}

function useTheme(): { readonly theme: string; readonly setTheme: (theme: string) => void } {
  const [theme, setTheme] = useState(() => readStored(STORED_THEME) || 'system');
  useEffect(() => {
    store(STORED_THEME, theme);
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  return { theme, setTheme };
}
