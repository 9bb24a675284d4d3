/** Every text of the page, in its languages. `{0}`, `{1}`: values. */
const WORDS = {
  attempts: ['Knocks in progress', 'Laufende Klopfversuche', 'Bussate in corso'],
  address: ['Address', 'Adresse', 'Indirizzo'],
  ban: ['Ban', 'Sperren', 'Blocca'],
  banned: ['banned', 'gesperrt', 'bloccato'],
  banAsk: [
    'Ban {0}? Its open doors close, and its knocks are ignored.',
    '{0} sperren? Offene Türen schließen, Klopfen wird ignoriert.',
    'Bloccare {0}? Le porte aperte si chiudono e le bussate vengono ignorate.',
  ],
  bans: ['Banned and in penalty', 'Gesperrt und in Strafzeit', 'Bloccati e in penalità'],
  by: ['By', 'Von', 'Da'],
  byKnock: ['knock', 'Klopfen', 'bussata'],
  byOperator: ['operator', 'Operator', 'operatore'],
  cancel: ['Cancel', 'Abbrechen', 'Annulla'],
  close: ['Close', 'Schließen', 'Chiudi'],
  closeAsk: ['Close {0} for {1} now?', '{0} für {1} jetzt schließen?', 'Chiudere {0} per {1} adesso?'],
  closedDone: ['{0}: closed for {1}', '{0}: für {1} geschlossen', '{0}: chiusa per {1}'],
  command: ['a command', 'ein Befehl', 'un comando'],
  connecting: ['Connecting …', 'Verbinde …', 'Connessione …'],
  dark: ['Dark', 'Dunkel', 'Scuro'],
  day: ['Last 24 hours', 'Letzte 24 Stunden', 'Ultime 24 ore'],
  dayText: [
    '{0} leases, {1} failed tries',
    '{0} Öffnungen, {1} erfolglose Versuche',
    '{0} aperture, {1} tentativi falliti',
  ],
  done: ['Done', 'Erledigt', 'Fatto'],
  door: ['Door', 'Tür', 'Porta'],
  doors: ['Doors', 'Türen', 'Porte'],
  dropped: ['lost', 'verloren', 'persi'],
  events: ['What happens', 'Was geschieht', 'Cosa succede'],
  explain: ['Explain {0}', '{0} erklären', 'Spiega {0}'],
  extend: ['Extend', 'Verlängern', 'Prolunga'],
  extended: ['{0}: extended for {1}', '{0}: für {1} verlängert', '{0}: prolungata per {1}'],
  failed: ['start command failed', 'Startbefehl gescheitert', 'comando di avvio fallito'],
  firewallMissing: [
    "Bussa's rules are missing in {0}: {1}",
    'Bussas Regeln fehlen in {0}: {1}',
    'Le regole di Bussa mancano in {0}: {1}',
  ],
  firewallUnreachable: [
    'The firewall cannot be reached: the doors are not protected.',
    'Die Firewall ist nicht erreichbar: Die Türen sind nicht geschützt.',
    'Il firewall non è raggiungibile: le porte non sono protette.',
  ],
  forGood: ['for good', 'für immer', 'per sempre'],
  held: ['held', 'gehalten', 'mantenuta'],
  history: ['Past leases', 'Frühere Öffnungen', 'Aperture passate'],
  language: ['Language', 'Sprache', 'Lingua'],
  fleetAway: [
    'Fleet: no connection to the engine. {0}',
    'Flotte: keine Verbindung zum Server, der sie verbindet. {0}',
    'Flotta: nessuna connessione al server che la collega. {0}',
  ],
  lastError: ['Last error, {0}: {1}', 'Letzter Fehler, {0}: {1}', 'Ultimo errore, {0}: {1}'],
  leases: ['Open doors', 'Offene Türen', 'Porte aperte'],
  left: ['Time left', 'Restzeit', 'Tempo rimasto'],
  light: ['Light', 'Hell', 'Chiaro'],
  lost: ['{0} events not shown', '{0} Ereignisse nicht gezeigt', '{0} eventi non mostrati'],
  minutes: ['Minutes', 'Minuten', 'Minuti'],
  more: ['{0} more', '{0} weitere', 'altri {0}'],
  nobody: ['Nobody.', 'Niemand.', 'Nessuno.'],
  none: ['No door is open.', 'Keine Tür ist offen.', 'Nessuna porta aperta.'],
  noAttempts: ['Nobody is knocking.', 'Niemand klopft.', 'Nessuno sta bussando.'],
  noSources: ['No source has been seen.', 'Keine Quelle gesehen.', 'Nessuna sorgente vista.'],
  open: ['Open …', 'Öffnen …', 'Apri …'],
  openButton: ['Open', 'Öffnen', 'Apri'],
  openCount: ['{0} open', '{0} offen', '{0} aperte'],
  openTitle: ['Open {0}', '{0} öffnen', 'Apri {0}'],
  openedDone: ['{0}: open for {1}', '{0}: offen für {1}', '{0}: aperta per {1}'],
  outcome: ['Outcome', 'Ergebnis', 'Esito'],
  packets: ['Packets per second', 'Pakete pro Sekunde', 'Pacchetti al secondo'],
  passed: ['seen', 'gesehen', 'visti'],
  penalty: ['in penalty', 'in Strafzeit', 'in penalità'],
  ports: ['Opens', 'Öffnet', 'Apre'],
  readOnly: ['read-only', 'nur Ansicht', 'sola lettura'],
  seen: ['Last seen', 'Zuletzt', 'Ultima volta'],
  sentence: ['Why', 'Warum', 'Perché'],
  shut: ['shut: {0}', 'zu: {0}', 'chiusa: {0}'],
  skip: ['Skip to content', 'Zum Inhalt', 'Vai al contenuto'],
  sources: ['Recent sources', 'Letzte Quellen', 'Sorgenti recenti'],
  stage: ['Stage', 'Stufe', 'Passo'],
  stageOf: ['{0} of {1}', '{0} von {1}', '{0} di {1}'],
  stale: [
    'No news from the daemon since {0}. What is shown may be out of date.',
    'Keine Nachricht vom Daemon seit {0}. Das Gezeigte kann veraltet sein.',
    'Nessuna notizia dal demone dalle {0}. I dati possono essere vecchi.',
  ],
  story: ['Story of {0}', 'Verlauf von {0}', 'Storia di {0}'],
  strangers: ['Open to strangers: {0}', 'Offen für Fremde: {0}', 'Aperta agli estranei: {0}'],
  theme: ['Colours', 'Farben', 'Colori'],
  system: ['System', 'System', 'Sistema'],
  token: [
    'The token is missing or no longer valid. Open the address that bussa web has printed.',
    'Das Token fehlt oder gilt nicht mehr. Öffnen Sie die Adresse, die bussa web ausgegeben hat.',
    'Il token manca o non è più valido. Aprire l’indirizzo stampato da bussa web.',
  ],
  trial: [
    'On trial: everything is reverted in {0} unless somebody runs bussa confirm.',
    'Auf Probe: In {0} wird alles zurückgenommen, wenn niemand bussa confirm aufruft.',
    'In prova: tra {0} tutto sarà annullato se nessuno esegue bussa confirm.',
  ],
  until: ['until {0}', 'bis {0}', 'fino a {0}'],
  unban: ['Lift the ban', 'Freigeben', 'Sblocca'],
  unbanDone: ['{0}: no longer banned', '{0}: nicht mehr gesperrt', '{0}: non più bloccato'],
  users: ['Users', 'Benutzer', 'Utenti'],
  off: ['off', 'aus', 'disattivato'],
  uptime: ['up {0}', 'läuft {0}', 'attivo da {0}'],
} as const;

/** Outcomes of a source's last attempt. */
const OUTCOMES = {
  open: ['open', 'offen', 'aperta'],
  'was-open': ['was open', 'war offen', 'era aperta'],
  completed: ['completed', 'vollständig', 'completata'],
  'start-failed': ['command failed', 'Befehl gescheitert', 'comando fallito'],
  pending: ['in progress', 'im Gange', 'in corso'],
  'wrong-knock': ['wrong knock', 'falsches Klopfen', 'bussata errata'],
  late: ['too late', 'zu spät', 'troppo tardi'],
  retransmission: ['retransmission', 'Wiederholung', 'ritrasmissione'],
  flags: ['wrong flags', 'falsche Flags', 'flag errati'],
  elsewhere: ['other address', 'andere Adresse', 'altro indirizzo'],
  forged: ['forged', 'gefälscht', 'falsificato'],
  'other-vlan': ['other VLAN', 'anderes VLAN', 'altra VLAN'],
  evicted: ['evicted', 'verdrängt', 'scartata'],
  tripwire: ['decoy port', 'Köderport', 'porta esca'],
  refused: ['refused', 'abgelehnt', 'rifiutata'],
  'proof-refused': ['proof refused', 'Nachweis abgelehnt', 'prova rifiutata'],
  banned: ['banned', 'gesperrt', 'bloccato'],
  stray: ['stray knock', 'einzelnes Klopfen', 'bussata isolata'],
  nothing: ['nothing', 'nichts', 'niente'],
} as const;

export const LANGUAGES = { en: 'English', de: 'Deutsch', it: 'Italiano' } as const;

export type Language = keyof typeof LANGUAGES;
export type Word = keyof typeof WORDS;

const PLACES: Readonly<Record<Language, 0 | 1 | 2>> = { en: 0, de: 1, it: 2 };

export const isLanguage = (text: string): text is Language => Object.hasOwn(LANGUAGES, text);

/** The first of the reader's languages that the page has. */
export function readersLanguage(): Language {
  const short = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase());
  return short.find(isLanguage) ?? 'en';
}

export function say(language: Language, word: Word, ...values: readonly (string | number)[]): string {
  return WORDS[word][PLACES[language]].replaceAll(
    /\{(\d)\}/g,
    (_, at: string) => `${values[Number(at)] ?? ''}`,
  );
}

export function sayOutcome(language: Language, kind: string): string {
  const known: Readonly<Record<string, readonly string[]>> = OUTCOMES;
  return known[kind]?.[PLACES[language]] ?? kind;
}
