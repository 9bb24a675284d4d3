import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { fixed, releaseNotes } from '../../scripts/release.ts';
import { parseArchitecture } from '../../scripts/target.ts';

const CHANGELOG = `# Changelog

## [0.2.0] - unreleased

### Added

- New.

## [0.1.0] - 2026-01-01

- Old.

[0.1.0]: https://example.org
`;

const bill = (time: string, directory: string, version: string): string =>
  JSON.stringify({
    serialNumber: `urn:uuid:${time}`,
    metadata: { timestamp: time, component: { name: directory } },
    components: [{ name: 'koffi', version }],
  });

suite('release', () => {
  test('the notes are the part of one version', () => {
    assert.equal(releaseNotes(CHANGELOG, '0.2.0'), '# Bussa 0.2.0\n\n### Added\n\n- New.\n');
    assert.equal(releaseNotes(CHANGELOG, '0.1.0'), '# Bussa 0.1.0\n\n- Old.\n');
    assert.throws(() => releaseNotes(CHANGELOG, '0.3.0'), /no heading "## \[0\.3\.0\]"/);
  });

  test('the bill of materials depends on the packages, not on time or directory', () => {
    const one = fixed(bill('now', 'here', '1'), '1000');
    assert.equal(fixed(bill('later', 'there', '1'), '1000'), one);
    assert.match(one, /"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}"/);
    const serial = (text: string): string => (JSON.parse(text) as { serialNumber: string }).serialNumber;
    assert.notEqual(serial(fixed(bill('now', 'here', '2'), '1000')), serial(one));
  });

  test('architectures by the names of Debian, Node.js and rpm, and no others', () => {
    for (const word of ['arm64', 'aarch64']) assert.equal(parseArchitecture(word), 'arm64');
    for (const word of ['amd64', 'x64', 'x86_64']) assert.equal(parseArchitecture(word), 'amd64');
    assert.throws(() => parseArchitecture('riscv64'), /use amd64 or arm64/);
  });
});
