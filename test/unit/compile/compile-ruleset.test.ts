import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../../src/app/library.ts';
import { compileRuleset } from '../../../src/core/compile/compile-ruleset.ts';

const HEAD = '	seq_timeout = 5\n	tcpflags = syn\n';
const SEQUENCE = '	sequence = 7201,8202\n';
const OPEN = '	open = tcp/22\n	open_for = 60\n';

function compile(text: string) {
  const parsed = parseConfig(text);
  assert.ok(parsed.kind === 'ok', JSON.stringify(parsed));
  return compileRuleset(parsed.config);
}

for (const [door, why] of [
  [`${SEQUENCE}	command = /bin/true\n`, /runs commands/],
  [`${SEQUENCE}${OPEN}	single_use = yes\n`, /single_use/],
  [`	one_time_sequences = /etc/one\n${OPEN}`, /next line of a file/],
  [`	accept = spa\n${OPEN}`, /cannot check a proof/],
  [`${SEQUENCE}	open = tcp/22 forward\n	open_for = 60\n`, /forwarded port.*Interface/],
  [
    `	sequence = ${Array.from({ length: 17 }, (_, n) => 7000 + n).join(',')}\n${OPEN}`,
    /more than 16 knocks/,
  ],
] as const) {
  test(`a door is left out, and named: ${why.source}`, () => {
    const alone = compile(`[odd]\n${HEAD}${door}`);
    assert.equal(alone.text, undefined);
    const { text = '', unsupported } = compile(`[odd]\n${HEAD}${door}[good]\n${HEAD}${SEQUENCE}${OPEN}`);
    assert.equal(unsupported.length, 1);
    assert.equal(unsupported[0]?.door, 'odd');
    assert.equal(unsupported[0]?.isLeftOut, true);
    assert.match(unsupported[0]?.what ?? '', why);
    assert.match(text, /# Not here: \[odd\] is left out/);
    assert.doesNotMatch(text, /open_odd/);
    assert.match(text, /open_good_4/);
  });
}

for (const [settings, door, why] of [
  ['', '	hold = yes\n', /hold/],
  ['', '	close_kills = yes\n', /close_kills/],
  ['	signed_port = 62222\n', '	accept = sequence, key\n', /only the sequence/],
  ['', '	start_command = /bin/true\n', /commands do not run/],
  ['	interface = auto\n', '', /every interface/],
  ['	attach = inet filter input\n', '', /attach/],
] as const) {
  test(`what a compiled door does not do is named: ${why.source}`, () => {
    const { text = '', unsupported } = compile(
      `[options]\n	firewall = nftables\n${settings}[ssh]\n${HEAD}${SEQUENCE}${OPEN}${door}`,
    );
    assert.match(unsupported.map(({ what }) => what).join('\n'), why);
    assert.match(text, /open_ssh_6/);
    for (const { what } of unsupported) assert.ok(text.includes(what), 'the ruleset says so too');
  });
}

test('without the scan guard there are no decoy ports', () => {
  const { text = '' } = compile(`[options]\n	scan_guard = off\n[ssh]\n${HEAD}${SEQUENCE}${OPEN}`);
  assert.doesNotMatch(text, /decoy|penalty|touched_|again_/);
});
