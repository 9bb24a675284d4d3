import type { ReasonCode } from '../../../../core/say/reasons.ts';

/** German and Italian of why something was refused or has failed. The English is the daemon's own. */
export const REASON_WORDS: Readonly<Record<ReasonCode, readonly [de: string, it: string]>> = {
  banned: ['die Adresse ist gesperrt', 'l’indirizzo è bloccato'],
  revoked: ['der Benutzer darf sie nicht mehr öffnen', 'l’utente non può più aprirla'],
  full: ['die Höchstzahl der Öffnungen ist erreicht', 'il limite di aperture è raggiunto'],
  'full-of': [
    'die Höchstzahl der Öffnungen ist erreicht ({limit})',
    'il limite di aperture è raggiunto ({limit})',
  ],
  busy: ['zu viele Befehle warten auf ihren Start', 'troppi comandi in attesa'],
  cooling: ['ihr cooldown ist noch nicht vorbei', 'il suo cooldown non è ancora finito'],
  deny: ['{source} steht in deny der Tür', '{source} è in deny della porta'],
  allow: ['{source} steht nicht in allow der Tür', '{source} non è in allow della porta'],
  'in-the-log': ['der Grund steht im Log', 'il motivo è nel log'],
  'kernel-last': [
    'der Kernel verwirft das letzte Klopfen wegen seiner Absenderadresse (rp_filter, oder kein Rückweg über diese Schnittstelle)',
    'il kernel scarta l’ultima bussata per il suo indirizzo sorgente (rp_filter, o nessuna rotta di ritorno su quell’interfaccia)',
  ],
  'kernel-knock': [
    'der Kernel verwirft das Klopfen wegen seiner Absenderadresse (rp_filter, oder kein Rückweg über diese Schnittstelle)',
    'il kernel scarta la bussata per il suo indirizzo sorgente (rp_filter, o nessuna rotta di ritorno su quell’interfaccia)',
  ],
  'kernel-code': [
    'der Kernel verwirft den Code wegen seiner Absenderadresse (rp_filter, oder kein Rückweg über diese Schnittstelle)',
    'il kernel scarta il codice per il suo indirizzo sorgente (rp_filter, o nessuna rotta di ritorno su quell’interfaccia)',
  ],
  status: ['Status {status}{why}', 'stato {status}{why}'],
  signal: ['durch Signal {signal} beendet{why}', 'terminato dal segnale {signal}{why}'],
  'timed-out': [
    'Zeitgrenze von {limit} s überschritten, abgebrochen{why}',
    'superato il limite di {limit} s, interrotto{why}',
  ],
  'not-started': ['konnte nicht gestartet werden: {reason}', 'non avviabile: {reason}'],
  'failed-in-the-log': ['der Grund steht im Log', 'il motivo è nel log'],
  'knock-unknown-key': ['kein Benutzer hat seinen Schlüssel', 'nessun utente ha la sua chiave'],
  'knock-source': ['es ist an einen anderen Absender gebunden', 'è legata a un’altra sorgente'],
  'knock-key-source': [
    'sein Schlüssel darf von dieser Adresse nicht benutzt werden',
    'la sua chiave non può essere usata da questo indirizzo',
  ],
  'knock-key-expired': ['sein Schlüssel gilt nicht mehr', 'la sua chiave non è più valida'],
  'knock-key-off': ['der Benutzer ist abgeschaltet', 'il suo utente è disattivato'],
  'knock-signature': [
    'die Signatur ist falsch, oder der Token wurde nicht berührt oder bekam keine PIN',
    'la firma è errata, o il token non è stato toccato o non ha ricevuto il PIN',
  ],
  'knock-clock': ['die Uhr des Absenders geht falsch', 'l’orologio del mittente è errato'],
  'knock-forgotten': [
    'es ist älter als das Verzeichnis der benutzten: ein neues senden',
    'è più vecchia del registro di quelle usate: inviarne una nuova',
  ],
  'knock-challenge': [
    'seine Challenge ist falsch oder gilt nicht mehr',
    'la sua challenge è errata o non più valida',
  ],
  'knock-door': ['der Benutzer darf diese Tür nicht öffnen', 'il suo utente non può aprire quella porta'],
  'knock-unbound': [
    'die Tür verlangt, dass das Klopfen seinen Absender nennt',
    'la porta richiede che la bussata indichi la sua sorgente',
  ],
  'knock-busy': [
    'zu viele signierte Klopfer mit diesem Schlüssel auf einmal',
    'troppe bussate firmate con questa chiave insieme',
  ],
  'knock-used': [
    'es wurde schon benutzt: Jedes signierte Klopfen zählt einmal',
    'è già stata usata: ogni bussata firmata vale una volta',
  ],
  behind: ['die Uhr des Absenders geht {by:span} nach', 'l’orologio del mittente è indietro di {by:span}'],
  ahead: ['die Uhr des Absenders geht {by:span} vor', 'l’orologio del mittente è avanti di {by:span}'],
  'code-used': [
    'er oder ein späterer wurde schon benutzt: auf den nächsten Code warten',
    'è già stato usato, o lo è stato uno successivo: attendere il prossimo codice',
  ],
  'code-forgotten': [
    'er wurde vielleicht vor dem Start des Daemons benutzt: auf den nächsten Code warten',
    'può essere stato usato prima dell’avvio del demone: attendere il prossimo codice',
  ],
  'code-touched': [
    'zwischen den beiden Hälften wurde ein Köderport berührt: noch einmal klopfen',
    'tra le due metà è stata toccata una porta esca: bussare di nuovo',
  ],
  'code-first': [
    'er ist richtig, aber diese Adresse braucht auch den nächsten: ihn abwarten und ohne andere Pakete klopfen',
    'è giusto, ma questo indirizzo deve inviare anche il prossimo codice: attenderlo e bussare senza altri pacchetti',
  ],
  'code-off': ['der Benutzer ist abgeschaltet', 'il suo utente è disattivato'],
  'code-expired': ['der Benutzer gilt nicht mehr', 'il suo utente non è più valido'],
  'code-address': [
    'der Benutzer darf von dieser Adresse nicht klopfen',
    'il suo utente non può bussare da questo indirizzo',
  ],
  'code-busy': [
    'zu viele Benutzer und Türen haben benutzte Codes: mehr kann nicht gemerkt werden',
    'troppi utenti e porte hanno codici usati: non se ne possono ricordare altri',
  ],
  'code-bad': ['er ist falsch oder abgelaufen', 'è errato o scaduto'],
  'code-bad-twice': [
    'er ist falsch oder abgelaufen; nach zweien davon braucht diese Adresse zwei richtige Codes hintereinander',
    'è errato o scaduto; dopo due di questi l’indirizzo deve inviare due codici giusti di seguito',
  ],
  'code-skewed': [
    'er ist abgelaufen: Die Uhr der App oder dieses Rechners geht falsch',
    'è fuori tempo: l’orologio dell’app, o di questo host, è errato',
  ],
  'spa-key-off': ['der Benutzer ist abgeschaltet', 'il suo utente è disattivato'],
  'spa-key-expired': ['der Benutzer ist abgelaufen', 'il suo utente è scaduto'],
  'spa-key-source': [
    'der Benutzer darf von dieser Adresse nicht senden',
    'il suo utente non può inviare da questo indirizzo',
  ],
  'spa-user-name': [
    'es nennt einen anderen Benutzernamen, als die Benutzerdatei verlangt',
    'porta un nome utente diverso da quello richiesto dal file degli utenti',
  ],
  'spa-clock': ['die Uhr des Absenders geht falsch', 'l’orologio del mittente è errato'],
  'spa-forgotten': [
    'es ist älter als das Verzeichnis der benutzten: ein neues senden',
    'è più vecchio del registro di quelli usati: inviarne uno nuovo',
  ],
  'spa-command': [
    'es will einen Befehl ausführen: Bussa führt nur die Befehle seiner Türen aus',
    'chiede di eseguire un comando: Bussa esegue solo i comandi delle sue porte',
  ],
  'spa-nat': [
    'es verlangt Adressumsetzung: Das leistet eine Tür mit `forward` hinter ihrem Port',
    'chiede una traduzione di indirizzi: lo fa una porta con `forward` dopo il suo numero',
  ],
  'spa-request': [
    'seine Anfrage ist nicht lesbar: Bussa öffnet Ports wie tcp/22,udp/53',
    'la sua richiesta non è leggibile: Bussa apre porte come tcp/22,udp/53',
  ],
  'spa-address': [
    'es will für eine Adresse öffnen, die niemand haben kann',
    'chiede di aprire per un indirizzo che nessuno può avere',
  ],
  'spa-door': ['der Benutzer darf diesen Port nicht öffnen', 'il suo utente non può aprire quella porta'],
  'spa-unbound': [
    'die Tür verlangt, dass das Paket seinen Absender nennt, und es nennt 0.0.0.0: fwknop -R oder -a benutzen',
    'la porta richiede che il pacchetto indichi la sua sorgente, e indica 0.0.0.0: usare fwknop -R o -a',
  ],
  'spa-door-source': [
    'die Tür erlaubt die Adresse nicht, die es gesendet hat',
    'la porta non ammette l’indirizzo che lo ha inviato',
  ],
  'spa-content': [
    'sein HMAC ist richtig, aber der Inhalt nicht lesbar: anderer Schlüssel oder Modus',
    'il suo HMAC è giusto, ma il contenuto non è leggibile: altra chiave o modalità',
  ],
  'spa-busy': [
    'zu viele Pakete mit diesem Schlüssel auf einmal',
    'troppi pacchetti con questa chiave insieme',
  ],
  'spa-used': [
    'es wurde schon benutzt: Jedes Paket zählt einmal',
    'è già stato usato: ogni pacchetto vale una volta',
  ],
};
