import type { EntryCode } from '../../../../core/say/entries.ts';

/** German and Italian of the lines of a source's story. The English is the daemon's own. */
export const ENTRY_WORDS: Readonly<Record<EntryCode, readonly [de: string, it: string]>> = {
  'entry-completed': ['die Folge ist vollständig', 'la sequenza è completa'],
  'entry-withheld': [
    'vollständig, aber ein Köderport wurde berührt: die Folge wiederholen, ohne andere Pakete',
    'completa, ma è stata toccata una porta esca: ripetere la sequenza, senza altri pacchetti',
  ],
  'entry-stray': ['Port einer Tür, aber nicht an der Reihe', 'porta giusta, ma non al suo turno'],
  'entry-retransmission': ['schon gesehen, zählt nicht', 'già visto, ignorato'],
  'entry-repeat': [
    'das letzte richtige Klopfen noch einmal, zählt nicht',
    'ancora l’ultima bussata giusta, ignorata',
  ],
  'entry-tripwire': ['ein Köderport, kein Port einer Tür', 'una porta esca, non di una porta'],
  'entry-suspicion': [
    'ein zweiter Köderport: von jetzt an in Strafzeit',
    'una seconda porta esca: d’ora in poi in penalità',
  ],
  'entry-elsewhere': [
    'an eine Adresse gesendet, die nicht dieser Rechner ist',
    'inviato a un indirizzo che non è di questo host',
  ],
  'entry-banned': ['zählt nicht: Die Adresse ist gesperrt', 'ignorato: la sorgente è bloccata'],
  'entry-forged': [
    'kein Klopfen: Niemand kann es von dieser Adresse gesendet haben',
    'non è una bussata: nessuno può averlo inviato da questo indirizzo',
  ],
  'entry-otherVlan': [
    'kein Klopfen: Dieser Rechner hat keine Schnittstelle für sein VLAN',
    'non è una bussata: questo host non ha interfaccia per la sua VLAN',
  ],
  'entry-code-half': ['Hälfte eines Codes', 'metà di un codice'],
  'entry-code-wrong': ['zweite Hälfte eines falschen Codes', 'seconda metà di un codice errato'],
  'entry-advanced': ['Stufe {stage}', 'passo {stage}'],
  'entry-failed': ['falsches Klopfen bei Stufe {stage}', 'bussata errata al passo {stage}'],
  'entry-expired': ['Zeit abgelaufen bei Stufe {stage}', 'tempo scaduto al passo {stage}'],
  'entry-evicted': [
    'für einen anderen Versuch verdrängt bei Stufe {stage}',
    'scartato per un altro tentativo al passo {stage}',
  ],
  'entry-flags': [
    'Flags oder Adresse passen nicht zur Tür: {flags}',
    'i flag o l’indirizzo non corrispondono alla porta: {flags}',
  ],
  'entry-opened': ['geöffnet', 'aperta'],
  'entry-extended': ['verlängert', 'prolungata'],
  'entry-closed': ['geschlossen', 'chiusa'],
  'entry-start-failed': ['Startbefehl gescheitert: {reason}', 'comando di avvio fallito: {reason}'],
  'entry-proof-refused': ['signiertes Klopfen abgelehnt: {reason}', 'bussata firmata rifiutata: {reason}'],
  'entry-spa-refused': ['SPA-Paket abgelehnt: {reason}', 'pacchetto SPA rifiutato: {reason}'],
  'entry-code-refused': ['Code abgelehnt: {reason}', 'codice rifiutato: {reason}'],
  'entry-refused': ['nicht geöffnet: {reason}', 'non aperta: {reason}'],
  'stage-of': ['{stage} von {of}', '{stage} di {of}'],
};
