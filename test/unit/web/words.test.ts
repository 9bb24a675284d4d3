// The page's words: each text in each language, with the same values.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { wordsOf } from '../../../src/app/web/page/words/words-of.ts';
import { ENTRIES } from '../../../src/core/say/entries.ts';
import { REASONS } from '../../../src/core/say/reasons.ts';
import { renderEnglish, said } from '../../../src/core/say/render-english.ts';
import { renderSaid } from '../../../src/core/say/said.ts';
import { SENTENCES } from '../../../src/core/say/sentences.ts';

const LANGUAGES = ['en', 'de', 'it'] as const;

/** Their names and forms, in the order of the alphabet: languages differ in the order of a sentence. */
const placeholders = (text: string): string[] => [...new Set(text.match(/\{[^}]*\}/g))].sort();

describe('the words of the page', () => {
  test('a translation has the values of the English, and no language lacks a text', () => {
    const [en, de, it] = LANGUAGES.map((language) => wordsOf(language));
    assert.ok(en !== undefined && de !== undefined && it !== undefined);
    for (const table of ['words', 'said'] as const) {
      for (const [key, german] of Object.entries(de[table])) {
        const english: string | undefined = en[table][key];
        const italian: string = it[table][key] ?? assert.fail(`no Italian: ${key}`);
        assert.deepEqual(placeholders(italian), placeholders(german), key);
        if (english !== undefined) assert.deepEqual(placeholders(german), placeholders(english), key);
        else assert.match(key, /^event-/, 'only of events is the English elsewhere');
        for (const text of [german, italian]) assert.doesNotMatch(text, /^$|undefined|[A-Z]{12}/, key);
      }
      assert.deepEqual(Object.keys(it[table]), Object.keys(de[table]));
    }
  });

  test('no two tables of sentences have the same code', () => {
    const codes = [SENTENCES, REASONS, ENTRIES].flatMap((table) => Object.keys(table));
    assert.equal(new Set(codes).size, codes.length);
  });

  test('a sentence inside of a sentence is translated too; one of a newer version is shown in English', () => {
    const sentence = said('proof-refused', { at: 0, reason: said('behind', { by: 300_000 }) });
    const forms = {
      time: () => '12:00',
      s: String,
      nth: String,
      span: (ms: number) => `${ms / 60_000} Min.`,
    };
    const german = wordsOf('de').said;
    assert.equal(
      renderSaid(sentence, german, forms),
      'Das signierte Klopfen um 12:00 wurde abgelehnt: die Uhr des Absenders geht 5 Min. nach',
    );
    assert.equal(
      renderEnglish(sentence, () => '12:00'),
      'the signed knock at 12:00 was refused: the clock of the sender is 5 min behind',
    );
    assert.equal(renderSaid({ code: 'of-later', values: {} }, german, forms), undefined);
    assert.equal(renderSaid({ code: 'constructor', values: {} }, german, forms), undefined);
    const newer = said('refused', { reason: { code: 'of-later', values: {}, text: 'for a new reason' } });
    assert.match(renderSaid(newer, german, forms) ?? '', /blieb aber zu: for a new reason$/);
    // A value is text, whatever it looks like.
    const hostile = said('deny', { source: '{door} $& <b>' });
    assert.match(renderSaid(hostile, german, forms) ?? '', /^\{door\} \$& <b> steht/);
  });
});
