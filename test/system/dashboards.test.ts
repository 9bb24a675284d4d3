// The Grafana dashboard and the alert rules, by Prometheus' own program and the metrics that there are.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { suite, test } from 'node:test';
import { renderMetrics } from '../../src/app/daemon/status/render-metrics.ts';
import { GARBAGE, OUTCOMES } from '../../src/core/control/proof-counts.ts';
import { instant } from '../../src/core/net/time.ts';
import { repository } from '../lab/scratch-clone.ts';
import { TempDirectory } from '../lab/temp-directory.ts';
import { aDoor, aPoll } from '../unit/watch/watch-polls.ts';

type Target = {
  readonly refId: string;
  readonly expr: string;
  readonly datasource: { readonly uid: string };
};
type Panel = {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly targets: readonly Target[];
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
};
type Dashboard = {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
};

const RULES = path.join(repository, 'packaging/prometheus/bussa-alerts.yml');
const dashboard: Dashboard = JSON.parse(
  readFileSync(path.join(repository, 'packaging/grafana/bussa-dashboard.json'), 'utf8'),
);
const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

function promtool(...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, {
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (error !== undefined) throw error;
  assert.equal(status, 0, stdout + stderr);
  return stdout;
}

/** Of a daemon that has all there is. */
function knownMetrics(): ReadonlySet<string> {
  const { status } = aPoll({});
  const none = <Name extends string>(names: readonly Name[]) =>
    Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
  const full = {
    ...status,
    looked: { interfaces: instant(0), firewall: instant(0) },
    exposure: { closed: [], open: [], unjudged: [], shut: [], at: instant(0) },
    signed: {
      ...{ packets: { passed: 0, dropped: 0 }, garbage: none(GARBAGE), outcomes: none(OUTCOMES) },
      ...{ replies: 0, repliesFailed: 0 },
    },
  };
  const text = [...renderMetrics(full, [aDoor('ssh')])].join('');
  return new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name));
}

suite('dashboards and alert rules', () => {
  test('promtool finds no fault with the alert rules, and each fires when it should and not before', () => {
    assert.match(promtool('check', 'rules', RULES), /SUCCESS: [1-9]/);
    assert.match(promtool('test', 'rules', RULES.replace('.yml', '.test.yml')), /SUCCESS/);
  });

  test('every expression of the dashboard is PromQL, of metrics that there are', () => {
    using directory = new TempDirectory();
    const rules = expressions.map((expr, at) => ({
      record: `panel:${at}`,
      expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*'),
    }));
    promtool(
      'check',
      'rules',
      directory.file('rules.yml', JSON.stringify({ groups: [{ name: 'g', rules }] })),
    );
    const known = knownMetrics();
    const named = [...expressions, readFileSync(RULES, 'utf8')].flatMap(
      (text) => text.match(/\bbussa_[a-z_]+/g) ?? [],
    );
    assert.ok(named.length > 20);
    assert.deepEqual(
      named.filter((name) => !known.has(name)),
      [],
    );
  });

  test('the dashboard is one that Grafana imports: panels by their own numbers and places, data by a variable', () => {
    const { panels, templating, uid, schemaVersion } = dashboard;
    assert.match(uid, /^[a-zA-Z0-9_-]{1,40}$/);
    assert.ok(schemaVersion >= 36);
    assert.deepEqual(
      templating.list.map(({ name, type }) => [name, type]),
      [
        ['datasource', 'datasource'],
        ['instance', 'query'],
      ],
    );
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    const taken = new Map<string, string>();
    for (const { title, type, targets, gridPos } of panels) {
      assert.ok(type === 'stat' || type === 'timeseries', title);
      assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, title);
      for (const { datasource, expr } of targets) {
        assert.equal(datasource.uid, `\${datasource}`, title);
        assert.match(expr, /instance=~"\$instance"/, title);
      }
      assert.ok(gridPos.x + gridPos.w <= 24, title);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          assert.equal(taken.get(`${x} ${y}`), undefined, `${title} lies on another panel`);
          taken.set(`${x} ${y}`, title);
        }
      }
    }
  });
});
