import type { SentenceCode } from '../../../../core/say/sentences.ts';

/** German and Italian of `bussa explain`. The English is the daemon's own. */
export const SENTENCE_WORDS: Readonly<Record<SentenceCode, readonly [de: string, it: string]>> = {
  impossible: [
    'Von {source} kann niemand senden: Pakete mit diesem Absender sind kein Klopfen',
    'nessuno può inviare da {source}: i pacchetti con questo mittente non sono bussate',
  ],
  'banned-good': ['{who} ist für immer gesperrt', '{who} è bloccato per sempre'],
  'banned-until': ['{who} ist bis {until:time} gesperrt', '{who} è bloccato fino a {until:time}'],
  open: ['Die Tür ist bis {until:time} offen', 'la porta è aperta fino a {until:time}'],
  'opened-open': [
    'Die Tür wurde um {at:time} geöffnet und ist bis {until:time} offen',
    'la porta è stata aperta alle {at:time} e resta aperta fino a {until:time}',
  ],
  'opened-closed': [
    'Die Tür wurde um {at:time} geöffnet und um {closed:time} geschlossen',
    'la porta è stata aperta alle {at:time} e chiusa alle {closed:time}',
  ],
  completed: [
    'Die Folge war um {at:time} richtig, und die Tür wurde geöffnet',
    'la sequenza era giusta alle {at:time} e la porta è stata aperta',
  ],
  'start-failed': [
    'Die Folge war um {at:time} richtig, aber der Startbefehl ist gescheitert: {reason}',
    'la sequenza era giusta alle {at:time}, ma il comando di avvio è fallito: {reason}',
  ],
  refused: [
    'Die Folge war richtig, die Tür blieb aber zu: {reason}',
    'la sequenza era giusta, ma la porta è rimasta chiusa: {reason}',
  ],
  'proved-start-failed': [
    'Der Nachweis war um {at:time} gut, aber der Startbefehl ist gescheitert: {reason}',
    'la prova era valida alle {at:time}, ma il comando di avvio è fallito: {reason}',
  ],
  'proved-refused': [
    'Der Nachweis war gut, die Tür blieb aber zu: {reason}',
    'la prova era valida, ma la porta è rimasta chiusa: {reason}',
  ],
  withheld: [
    'Die Folge war richtig, aber ein Köderport wurde berührt{touch}; Strafzeit{until}: Die Folge zweimal hintereinander klopfen, ohne andere Pakete',
    'la sequenza era giusta, ma è stata toccata una porta esca{touch}; in penalità{until}: bussare la sequenza due volte di seguito, senza altri pacchetti',
  ],
  touched: [' ({knock} um {at:time})', ' ({knock} alle {at:time})'],
  until: [' bis {until:time}', ' fino a {until:time}'],
  evicted: [
    'Der Versuch wurde bei Stufe {stage} von {of} verdrängt: Zu viele Versuche waren im Gange',
    'il tentativo è stato scartato al passo {stage} di {of}: troppi tentativi in corso',
  ],
  wrong: [
    'Das {n:nth} Klopfen traf {hit} statt {knock}',
    'la {n:nth} bussata ha colpito {hit} invece di {knock}',
  ],
  'late-last': [
    'Die Folge dauerte {took:s} s, erlaubt sind {limit:s} s',
    'la sequenza è durata {took:s} s, ma il limite è {limit:s} s',
  ],
  late: [
    'Das {n:nth} Klopfen kam {took:s} s nach dem ersten; für die ganze Folge sind {limit:s} s erlaubt',
    'la {n:nth} bussata è arrivata {took:s} s dopo la prima; il limite per l’intera sequenza è {limit:s} s',
  ],
  missing: [
    'Das {n:nth} Klopfen, {knock}, kam nicht innerhalb von {limit:s} s nach dem ersten',
    'la {n:nth} bussata, {knock}, non è arrivata entro {limit:s} s dalla prima',
  ],
  pending: [
    'Das {n:nth} Klopfen, {knock}, steht noch aus; es darf bis {limit:s} s nach dem ersten kommen',
    'la {n:nth} bussata, {knock}, non è ancora arrivata; può arrivare entro {limit:s} s dalla prima',
  ],
  flags: [
    'Das {n:nth} Klopfen, {knock}, hatte falsche Flags: {flags}; tcpflags verlangt {rule}',
    'la {n:nth} bussata, {knock}, aveva flag errati: {flags}; tcpflags richiede {rule}',
  ],
  elsewhere: [
    'Das {n:nth} Klopfen, {knock}, ging an eine Adresse, die nicht zu dieser Tür gehört',
    'la {n:nth} bussata, {knock}, era diretta a un indirizzo che non è di questa porta',
  ],
  forged: [
    'Das {n:nth} Klopfen, {knock}, kam von außen mit einer Adresse dieses Rechners, oder mit einer, von der niemand senden kann',
    'la {n:nth} bussata, {knock}, è arrivata da fuori con un indirizzo di questo host, o con uno da cui nessuno può inviare',
  ],
  vlan: [
    'Das {n:nth} Klopfen, {knock}, kam in einem VLAN, für das dieser Rechner keine Schnittstelle hat',
    'la {n:nth} bussata, {knock}, è arrivata in una VLAN per cui questo host non ha interfaccia',
  ],
  again: [
    'Das {n:nth} Klopfen, {knock}, war die Wiederholung eines früheren Pakets und zählt nicht',
    'la {n:nth} bussata, {knock}, era la ritrasmissione di un pacchetto già visto e non conta',
  ],
  'unknown-port': ['ein unbekannter Port', 'una porta sconosciuta'],
  'stray-flags': [
    '{knock} um {at:time} hatte falsche Flags: {flags}; tcpflags verlangt {rule}',
    '{knock} alle {at:time} aveva flag errati: {flags}; tcpflags richiede {rule}',
  ],
  'stray-elsewhere': [
    '{knock} um {at:time} ging an eine Adresse, für die keine Tür diesen Port hat',
    '{knock} alle {at:time} era diretto a un indirizzo per cui nessuna porta usa questo numero',
  ],
  decoy: [
    'Es kam kein Klopfen, aber ein Köderport wurde berührt: {knock} um {at:time}{penalty}',
    'nessuna bussata, ma è stata toccata una porta esca: {knock} alle {at:time}{penalty}',
  ],
  'decoy-penalty': ['; Strafzeit bis {until:time}', '; in penalità fino a {until:time}'],
  'stray-forged': [
    '{knock} um {at:time} kam von außen mit einer Adresse dieses Rechners, oder mit einer, von der niemand senden kann',
    '{knock} alle {at:time} è arrivato da fuori con un indirizzo di questo host, o con uno da cui nessuno può inviare',
  ],
  'stray-vlan': [
    '{knock} um {at:time} kam in einem VLAN, für das dieser Rechner keine Schnittstelle hat',
    '{knock} alle {at:time} è arrivato in una VLAN per cui questo host non ha interfaccia',
  ],
  'was-banned': [
    'Die Adresse war gesperrt, als sie klopfte, {knock} um {at:time}',
    'era bloccato quando ha bussato, {knock} alle {at:time}',
  ],
  'stray-again': [
    '{knock} um {at:time} war die Wiederholung eines früheren Pakets und zählt nicht',
    '{knock} alle {at:time} era la ritrasmissione di un pacchetto già visto e non conta',
  ],
  'stray-repeat': [
    '{knock} um {at:time} wiederholte das letzte richtige Klopfen und bewirkt nichts',
    '{knock} alle {at:time} ripeteva l’ultima bussata giusta, senza effetto',
  ],
  stray: [
    '{knock} um {at:time} gehört zu keinem Versuch',
    '{knock} alle {at:time} non appartiene a nessun tentativo',
  ],
  'stray-first': [
    '{knock} um {at:time} gehört zu keinem Versuch: Das erste Klopfen von {door}, {first}, kam nicht davor',
    '{knock} alle {at:time} non appartiene a nessun tentativo: la prima bussata di {door}, {first}, non è arrivata prima',
  ],
  nothing: [
    'Von {source} kam seit {since:time} nichts{forgotten}; erreicht es diesen Rechner? Pakete an Ports, die keine Tür benutzt, liest Bussa nicht',
    'da {source} non è arrivato nulla dalle {since:time}{forgotten}; raggiunge questo host? Bussa non legge i pacchetti verso porte che nessuna porta usa',
  ],
  forgotten: [', oder die Aufzeichnung wurde verdrängt', ', o la sua traccia è stata scartata'],
  'code-wrong': [
    'Der Code um {at:time} war falsch oder abgelaufen',
    'il codice delle {at:time} era errato o scaduto',
  ],
  'code-half': [
    'Nur die Hälfte eines Codes kam an, um {at:time}: Beide Ports klopfen, die erste Hälfte zuerst',
    'è arrivata solo metà di un codice, alle {at:time}: bussare a entrambe le porte, prima la prima metà',
  ],
  'code-refused': [
    'Der Code um {at:time} wurde abgelehnt: {reason}',
    'il codice delle {at:time} è stato rifiutato: {reason}',
  ],
  'spa-refused': [
    'Das SPA-Paket um {at:time} wurde abgelehnt: {reason}',
    'il pacchetto SPA delle {at:time} è stato rifiutato: {reason}',
  ],
  'proof-refused': [
    'Das signierte Klopfen um {at:time} wurde abgelehnt: {reason}',
    'la bussata firmata delle {at:time} è stata rifiutata: {reason}',
  ],
  'now-open': [
    '{door} ist bis {until:time} offen, geöffnet {by} um {since:time}',
    '{door} è aperta fino a {until:time}, aperta {by} alle {since:time}',
  ],
  'now-opening': [
    'Der Startbefehl von {door} läuft, ausgelöst {by} um {since:time}',
    'il comando di avvio di {door} è in esecuzione, avviato {by} alle {since:time}',
  ],
  'now-closing': [
    '{door} wird geschlossen; geöffnet {by} um {since:time}',
    '{door} si sta chiudendo; aperta {by} alle {since:time}',
  ],
  'now-failed': [
    '{door}: Die Folge war um {since:time} richtig, aber der Startbefehl ist gescheitert: {reason}{ports}',
    '{door}: la sequenza era giusta alle {since:time}, ma il comando di avvio è fallito: {reason}{ports}',
  ],
  'ports-open': ['; die Ports sind bis {until:time} offen', '; le porte sono aperte fino a {until:time}'],
  'by-order': ['durch Befehl des Operators', 'per ordine dell’operatore'],
  'by-knock': ['durch Klopfen', 'con la bussata'],
  'by-proof': ['durch {proof} von {users}', 'con {proof} di {users}'],
  'ban-good': [
    '{who} ist für immer gesperrt: Klopfen von dort öffnet nichts',
    '{who} è bloccato per sempre: le sue bussate non aprono nulla',
  ],
  'ban-until': [
    '{who} ist bis {until:time} gesperrt: Klopfen von dort öffnet nichts',
    '{who} è bloccato fino a {until:time}: le sue bussate non aprono nulla',
  ],
  penalty: [
    'Strafzeit bis {until:time}: Die Folge muss zweimal hintereinander geklopft werden',
    'in penalità fino a {until:time}: la sequenza va bussata due volte di seguito',
  ],
  proofs: ['Nachweise', 'prove'],
  member: ['Öffnung', 'apertura'],
  key: ['signiertes Klopfen', 'bussata firmata'],
  code: ['Code', 'codice'],
  spa: ['SPA-Paket', 'pacchetto SPA'],
};
