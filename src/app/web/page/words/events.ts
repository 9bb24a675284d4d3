import type { SaidEventCode } from '../../../../core/event/said-event.ts';

/** German and Italian of events, without source, door and user. The English is the daemon's log line. */
export const EVENT_WORDS: Readonly<Record<SaidEventCode, readonly [de: string, it: string]>> = {
  'event-started': ['Der Daemon ist gestartet', 'il demone è avviato'],
  'event-ending': ['Der Daemon endet', 'il demone sta terminando'],
  'event-lease-opened': ['Die Tür ist offen', 'la porta è aperta'],
  'event-lease-closed': ['Die Tür ist wieder zu', 'la porta è di nuovo chiusa'],
  'event-listening': ['Start, lauscht auf {on}', 'avvio, in ascolto su {on}'],
  'event-stopping': ['Der Daemon wird beendet', 'arresto'],
  'event-stage': ['Stufe {stage}', 'passo {stage}'],
  'event-completed': ['OPEN SESAME', 'OPEN SESAME'],
  'event-failed': ['falsches Klopfen (Stufe {stage})', 'bussata errata (passo {stage})'],
  'event-expired': ['Zeit der Folge abgelaufen (Stufe {stage})', 'tempo scaduto (passo {stage})'],
  'event-evicted': [
    'für einen anderen Versuch verdrängt (Stufe {stage})',
    'scartato per un altro tentativo (passo {stage})',
  ],
  'event-withheld': [
    'nicht geöffnet: Diese Adresse hat auch andere Ports berührt; die Folge einmal wiederholen, ohne andere Pakete',
    'non aperta: questo indirizzo ha toccato anche altre porte; ripetere la sequenza una volta, senza altri pacchetti',
  ],
  'event-scan': [
    'Portscan: {knock} ist der zweite Köderport; {seconds} s lang muss die Folge zweimal hintereinander geklopft werden',
    'scansione: {knock} è la seconda porta esca; per {seconds} s la sequenza va bussata due volte di seguito',
  ],
  'event-running': ['Befehl läuft: {command}', 'comando in esecuzione: {command}'],
  'event-waiting': [
    'wartet, die Grenze von {limit} Befehlen ist erreicht: {command}',
    'in attesa, raggiunto il limite di {limit} comandi: {command}',
  ],
  'event-command-failed': ['Befehl gescheitert: {failure}', 'comando fallito: {failure}'],
  'event-start-failed': ['Startbefehl gescheitert: {reason}', 'comando di avvio fallito: {reason}'],
  'event-opened': ['{ports} für {seconds} s geöffnet', '{ports} aperta per {seconds} s'],
  'event-closed': ['{ports} geschlossen{why}{cut}', '{ports} chiusa{why}{cut}'],
  'event-early-left': [', die letzte Verbindung ist zu Ende', ', l’ultima connessione è terminata'],
  'event-early-changed': [', die Tür wurde geändert', ', la porta è stata modificata'],
  'event-early-banned': [', die Adresse wurde gesperrt', ', l’indirizzo è stato bloccato'],
  'event-early-closed': [', durch den Operator', ', dall’operatore'],
  'event-early-revoked': [', der Benutzer darf sie nicht mehr öffnen', ', l’utente non può più aprirla'],
  'event-early-member': [', durch das Mitglied {member}', ', dal membro {member}'],
  'event-cut': [', {cut} Verbindungen getrennt', ', {cut} connessioni interrotte'],
  'event-ordered-open': ['Befehl des Operators: öffnen{long}{by}', 'ordine dell’operatore: aprire{long}{by}'],
  'event-ordered-extend': [
    'Befehl des Operators: offen halten{long}{by}',
    'ordine dell’operatore: tenere aperta{long}{by}',
  ],
  'event-ordered-close': [
    'Befehl des Operators: schließen{long}{by}',
    'ordine dell’operatore: chiudere{long}{by}',
  ],
  'event-for': [' für {seconds} s', ' per {seconds} s'],
  'event-for-good': [' für immer', ' per sempre'],
  'event-by': [', durch {by}', ', da {by}'],
  'event-held': ['bleibt offen, solange eine Verbindung besteht', 'resta aperta finché c’è una connessione'],
  'event-unclosed': [
    'noch nicht geschlossen: {times} Versuche, der nächste in {seconds} s',
    'non ancora chiusa: {times} tentativi, il prossimo tra {seconds} s',
  ],
  'event-command-timeout': ['command timeout', 'command timeout'],
  'event-extended': [
    'schon offen; bleibt von jetzt an {seconds} s offen',
    'già aperta; resta aperta per {seconds} s da ora',
  ],
  'event-refused': ['nicht geöffnet: {reason}', 'non aperta: {reason}'],
  'event-proof-refused': ['{proof} abgelehnt: {reason}', '{proof}: rifiuto: {reason}'],
  'event-adopted': [
    'von einem früheren Lauf offen gelassen, wird rechtzeitig geschlossen',
    'lasciata aperta da un’esecuzione precedente, verrà chiusa in tempo',
  ],
  'event-adopted-overdue': [
    'von einem früheren Lauf offen gelassen, überfällig, wird jetzt geschlossen',
    'lasciata aperta da un’esecuzione precedente, scaduta, viene chiusa ora',
  ],
  'event-banned': ['{who}: gesperrt{long}{by}', '{who}: bloccato{long}{by}'],
  'event-unbanned': ['{who}: nicht mehr gesperrt{by}', '{who}: non più bloccato{by}'],
  'event-reloading': [
    'Konfiguration wird neu gelesen: {file}{by}',
    'rilettura della configurazione: {file}{by}',
  ],
  'event-reload-refused': [
    'Die neue Konfiguration in {file} wurde abgelehnt; die alte gilt weiter',
    'la nuova configurazione in {file} è stata rifiutata; resta in vigore la vecchia',
  ],
  'event-log-reopened': ['Logdatei neu geöffnet: {file}', 'file di log riaperto: {file}'],
  'event-no-sequences-left': [
    'In {file} sind keine Folgen für die Tür {door} mehr: Sie ist abgeschaltet',
    'in {file} non ci sono più sequenze per la porta {door}: è disattivata',
  ],
  'event-interface-appeared': ['Schnittstelle {name} ist erschienen', 'l’interfaccia {name} è apparsa'],
  'event-interface-vanished': ['Schnittstelle {name} ist verschwunden', 'l’interfaccia {name} è scomparsa'],
  'event-interface-up': ['Schnittstelle {name} ist in Betrieb', 'l’interfaccia {name} è attiva'],
  'event-interface-down': ['Schnittstelle {name} ist außer Betrieb', 'l’interfaccia {name} è inattiva'],
  'event-interface-address-added': [
    'Schnittstelle {name}: Adresse {address} hinzugekommen',
    'interfaccia {name}: indirizzo {address} aggiunto',
  ],
  'event-interface-address-removed': [
    'Schnittstelle {name}: Adresse {address} entfernt',
    'interfaccia {name}: indirizzo {address} rimosso',
  ],
  'event-interface-default-route': [
    'Schnittstelle {name} hat jetzt eine Standardroute',
    'l’interfaccia {name} ha ora una rotta predefinita',
  ],
  'event-interface-no-default-route': [
    'Schnittstelle {name} hat keine Standardroute mehr',
    'l’interfaccia {name} non ha più una rotta predefinita',
  ],
  'event-interface-missing': [
    'Schnittstelle {name} gibt es nicht; wartet auf sie',
    'l’interfaccia {name} non esiste; in attesa',
  ],
  'event-firewall': ['benutzt {name}: {why}', 'usa {name}: {why}'],
  'event-fleet-connected': [
    'Flotte: mit dem Server verbunden, der sie verbindet',
    'flotta: connessa al server che la collega',
  ],
  'event-fleet-unreachable': [
    'Flotte: keine Verbindung zum Server, der sie verbindet: {reason}',
    'flotta: nessuna connessione al server che la collega: {reason}',
  ],
  'event-judged-closed': [
    'Für Fremde geschlossen, nach dem ganzen Regelwerk: {ports}',
    'chiuse agli estranei, secondo tutte le regole: {ports}',
  ],
  'event-unconfirmed': [
    'Wird in {seconds} s zurückgenommen, wenn niemand bestätigt: klopfen, durch die Tür anmelden und dort {how} ausführen',
    'tutto sarà annullato tra {seconds} s senza conferma: bussare, accedere dalla porta ed eseguire lì {how}',
  ],
  'event-confirmed': ['bestätigt{by}: Die Regeln bleiben', 'confermato{by}: le regole restano'],
  'event-undoing': [
    'nicht innerhalb von {seconds} s bestätigt: Die Ports werden wieder geöffnet, der Daemon endet',
    'non confermato entro {seconds} s: le porte vengono riaperte e il demone termina',
  ],
  'event-undone': [
    'Die geschlossenen Ports sind wieder offen: {why}',
    'le porte chiuse sono di nuovo aperte: {why}',
  ],
  'event-packets-dropped': [
    '{count} Pakete verloren: Sie kamen schneller, als sie gelesen werden konnten',
    '{count} pacchetti persi: arrivati più in fretta di quanto si potessero leggere',
  ],
};
