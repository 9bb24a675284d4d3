import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import type { Sequence } from '../../../src/core/door/sequence.ts';
import type { Port } from '../../../src/core/net/port.ts';
import { renderDataPage } from '../../../src/core/page/data-page.ts';
import { type PageRequest, planPage } from '../../../src/core/page/plan-page.ts';
import { renderPage } from '../../../src/core/page/render-page.ts';
import { nodeCiphers } from '../../../src/host/crypto/node-ciphers.ts';

const tcp = (...ports: readonly number[]): Sequence =>
  ports.map((port) => ({ protocol: 'tcp', port: port as Port })) as unknown as Sequence;

const SEQUENCE = tcp(7005, 8123);

function pageOf(wish: PageRequest): string {
  const planned = planPage(wish);
  if (planned.kind === 'refused') assert.fail(planned.reason);
  return renderPage(planned.plan, nodeCiphers);
}

function refusal(wish: PageRequest): string {
  const planned = planPage(wish);
  return planned.kind === 'refused' ? planned.reason : assert.fail('a page was planned');
}

/** The contents of all elements of this name. */
const parts = (html: string, name: string): string[] =>
  [...html.matchAll(new RegExp(`<${name}(?: [^>]*)?>([^]*?)</${name}>`, 'g'))].map(([, text = '']) => text);

const policyOf = (html: string): string =>
  (/Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '').replaceAll('&#39;', "'");

const DIRECTIVES = ['default-src', 'script-src', 'style-src', 'connect-src', 'base-uri', 'form-action'];

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

suite('a page that knocks', () => {
  test('its policy allows its own script and style by their hashes, the knocks and the service, and nothing else', () => {
    const html = pageOf({ host: 'box.example.org', sequence: SEQUENCE, port: 443 as Port });
    const [, script = ''] = parts(html, 'script');
    const [style = ''] = parts(html, 'style');
    assert.equal(
      policyOf(html),
      `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(style)}; connect-src wss://box.example.org:7005 wss://box.example.org:8123 https://box.example.org; base-uri 'none'; form-action 'none'`,
    );
    assert.doesNotMatch(html, / (?:src|style|on\w+)=/);
    assert.doesNotMatch(html, /javascript:|@import|url\(/);
  });

  test('whatever a link holds, it ends no element and no attribute', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.constantFrom('https://h/', 'https://h', 'app:'),
        (text, start) => {
          const link = `${start}${text}`;
          const planned = planPage({ host: 'h', sequence: SEQUENCE, link });
          if (planned.kind === 'refused') return;
          const html = renderPage(planned.plan, nodeCiphers);
          const directives = policyOf(html)
            .split(';')
            .map((one) => one.trim().split(' ')[0]);
          assert.deepEqual(directives, DIRECTIVES);
          const plain = pageOf({ host: 'h', sequence: SEQUENCE, link: 'https://h/' });
          for (const mark of ['<', '"'])
            assert.equal(
              html.replaceAll(/(?<=id="plan">).*/g, '').split(mark).length,
              plain.replaceAll(/(?<=id="plan">).*/g, '').split(mark).length,
            );
          const [data = ''] = parts(html, 'script');
          assert.equal(JSON.parse(data).link, link);
        },
      ),
    );
  });

  test('what a browser cannot do is refused, with the reason and what to do', () => {
    const udp = [...SEQUENCE, { protocol: 'udp', port: 9000 as Port }] as unknown as Sequence;
    assert.match(
      refusal({ host: 'h', sequence: udp }),
      /udp\/9000, and a browser cannot send UDP: give the door a/,
    );
    for (const port of [6000, 3659, 4045, 4190, 6665, 6679, 10080, 22])
      assert.match(
        refusal({ host: 'h', sequence: tcp(7005, port) }),
        new RegExp(`port ${port}, where no browser`),
      );
    assert.match(refusal({ host: 'h' }), /neither: a browser sends no signed knock and no SPA packet; give/);
    for (const host of ['fe80::1%eth0', 'a b', 'h/x', 'h:1', 'u@h', '<h>', ''])
      assert.match(refusal({ host, sequence: SEQUENCE }), /a browser cannot be sent to/);
    for (const link of [
      'javascript:alert(1)',
      'data:text/html,x',
      'JavaScript:x',
      'no link',
      'http://h:6000/',
      'https://h;script-src/',
      'https://h,*/',
      "https://h'x/",
      'https://user:secret@h/',
      'view-source:https://h/',
    ])
      assert.match(refusal({ host: 'h', sequence: SEQUENCE, link }), /is no link to a service/);
  });

  test('a page for codes holds no secret unless it was given one', () => {
    const wish = { host: '2001:db8::7', codePrefixes: [17, 10] } as const;
    const typed = JSON.parse(parts(pageOf(wish), 'script')[0] ?? '');
    assert.deepEqual(typed, {
      name: '2001:db8::7',
      host: '[2001:db8::7]',
      prefixes: ['17', '10'],
      refused: [10080],
    });
    const own = parts(pageOf({ ...wish, secret: 'GEZDGNBVGY3TQOJQ' }), 'script')[0] ?? '';
    assert.equal(JSON.parse(own).secret, 'GEZDGNBVGY3TQOJQ');
  });

  test('a QR code gets the service where there is room, and else no page or a plainer one', () => {
    const plan = planPage({ host: 'h', sequence: SEQUENCE, port: 80 as Port });
    if (plan.kind === 'refused') assert.fail();
    assert.match(renderDataPage(plan.plan, 213) ?? '', /^data:text\/html,.*location="http:\/\/h\/"/);
    assert.equal(renderDataPage(plan.plan, 100), undefined);
    for (let limit = 100; limit < 213; limit++)
      assert.ok((renderDataPage(plan.plan, limit)?.length ?? 0) <= limit);
  });
});
