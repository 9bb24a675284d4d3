// What real configurations get wrong: good ones are drawn, and no word is said of them; then one thing in them is made
// wrong, as people do, and it is warned of at its line.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { renderDiagnostic, type WarningId } from '../../../src/core/text/diagnostic.ts';
import { repeats } from '../../lab/effort.ts';
import { draw, seededRandom } from '../../lab/seeded-random.ts';
import { complaints } from './config-text.ts';
import { advice, good, lines, type Pair, type Random, START, STOP } from './drawn-commands.ts';

type Mutation = {
  readonly id: WarningId;
  readonly line: number;
  /** `undefined` where there is nothing to make wrong. */
  readonly change: (pair: Pair, random: Random) => Pair | undefined;
};

/** The start command with something replaced, which must be there. */
const inStart =
  (from: RegExp, to: (random: Random) => string) =>
  (pair: Pair, random: Random): Pair | undefined => {
    const start = pair.start.replace(from, to(random));
    return start === pair.start ? undefined : { ...pair, start };
  };

const one =
  (first: string, ...others: readonly string[]) =>
  (random: Random): string =>
    draw(random, [first, ...others]);

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'the placeholder misspelt': {
    id: 'misspelt-placeholder',
    line: START,
    change: inStart(
      /(?<!=)%IP%/,
      one(
        '%ip%',
        '%Ip%',
        '%IP',
        'IP%',
        '%iP',
        '%IP %',
        '%%IP%%',
        '$IP',
        '$' + '{IP}',
        '%ADDR%',
        '%SRC%',
        '%SOURCE_IP%',
        '<ip>',
        '{ip}',
        '%IPv4%',
      ),
    ),
  },
  'a typographic dash': {
    id: 'typographic',
    line: START,
    change: inStart(/(?<=\s)--?(?=[a-zA-Z])/, one('–', '—', '––', '−', '‐', '‑')),
  },
  'typographic quotes': {
    id: 'typographic',
    line: START,
    change: inStart(/"let in"/, one('“let in”', '„let in“', '‘let in’', '«let in»')),
  },
  'a blank that is none': {
    id: 'typographic',
    line: START,
    change: inStart(/ (?=-s|-p|from)/, one('\u00a0', '\u202f', '\u2009', '\u200b', ' \u00a0', '\u3000')),
  },
  'full-width digits': {
    id: 'typographic',
    line: START,
    change: inStart(/(?<=(?:dport|port) )\d+/, one('２２', '4４3', '２２２２')),
  },
  'the whole command in quotes': {
    id: 'quoted-value',
    line: START,
    change: ({ start, stop }) => (start.includes('"') ? undefined : { start: `"${start}"`, stop }),
  },
  'a quote never closed': {
    id: 'open-quote',
    line: START,
    change: inStart(/"let in"/, one('"let in', 'let in"', "'let in")),
  },
  'no source': {
    id: 'no-address',
    line: START,
    change: (pair, random) =>
      pair.start.includes('iptables -t')
        ? undefined
        : inStart(/-s %IP%(?:\/32)? ?|from %IP% to any /, one(''))(pair, random),
  },
  'no protocol': { id: 'bad-rule', line: START, change: inStart(/-p tcp (?=--dport)/, one('')) },
  'a target in small letters': {
    id: 'bad-rule',
    line: START,
    change: inStart(/^(?!IP=)(.*)-j ACCEPT$/, one('$1-j accept')),
  },
  'sleeping before it closes': {
    id: 'sleeping-command',
    line: START,
    change: ({ start, stop }, random) => {
      const link = draw(random, ['; ', ' && ', ' ; ']);
      return { start: `${start}${link}sleep ${draw(random, ['10', '5m', '0.5', '1h'])}${link}${stop}`, stop };
    },
  },
  'the stop command of another port, chain or table': {
    id: 'stop-differs',
    line: STOP,
    change: (pair, random) => {
      const [from, to] = draw<readonly [RegExp, string]>(random, [
        [/--dport \d+/, '--dport 9999'],
        [/(-D|--delete) \S+/, '$1 OTHER'],
        [/ -i eth0/, ''],
        [/-p tcp/, '-p udp'],
        [/-j ACCEPT/, '-j DROP'],
        [/-m state --state NEW/, ''],
        [/to any port \d+/, 'to any port 9999'],
        [/port="\d+"/, 'port="9999"'],
        [/del knocked/, 'del other'],
      ]);
      const stop = pair.stop.replace(from, to);
      return stop === pair.stop || pair.start.includes(';') || pair.start.includes('&&')
        ? undefined
        : { ...pair, stop };
    },
  },
  'the stop command adds once more': {
    id: 'stop-differs',
    line: STOP,
    change: (pair) => {
      const stop = pair.stop.replace(/(?:-D|--delete) (?=[A-Z])/, '-A ');
      return stop === pair.stop || pair.start.includes('&&') || pair.start.includes(';')
        ? undefined
        : { ...pair, stop };
    },
  },
  'appended behind a rule that drops all': {
    id: 'never-reached',
    line: START,
    change: (pair) => {
      const rename = (text: string): string =>
        text.replace(/(-A|-D|--delete) (?:INPUT|FORWARD|KNOCK|ufw-user-input)/, '$1 GUARDED');
      return / -A [A-Z]/.test(pair.start) && !pair.start.includes(' -t ')
        ? { start: rename(pair.start), stop: rename(pair.stop) }
        : undefined;
    },
  },
};

const DRAWN = repeats('BUSSA_DRAWN_COMMANDS', { quick: 500, full: 1500 });

describe('mistakes in real configurations', () => {
  test('of good configurations no word is said', (t) => {
    const random = seededRandom(t);
    for (let n = 0; n < DRAWN; n++) {
      const text = lines(good(random));
      assert.deepEqual(complaints(text), [], text);
      assert.deepEqual(advice(text).map(renderDiagnostic), [], text);
    }
  });

  for (const [name, { id, line, change }] of Object.entries(MUTATIONS)) {
    test(`${name}: ${id}`, (t) => {
      const random = seededRandom(t);
      let changed = 0;
      for (let n = 0; n < DRAWN; n++) {
        const pair = change(good(random), random);
        if (pair === undefined) continue;
        changed++;
        const text = lines(pair);
        const said = advice(text);
        assert.ok(
          said.some((each) => each.id === id && each.place.line === line),
          `${text}\n${said.map(renderDiagnostic).join('\n')}`,
        );
      }
      assert.ok(changed >= 10, `${changed} were changed`);
    });
  }
});
