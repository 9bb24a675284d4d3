import { useEffect, useRef } from 'preact/hooks';
import UPlot from 'uplot';
import type { Rates } from './live-state.ts';
import { Section } from './section.tsx';
import { useView } from './view.ts';

const HEIGHT = 150;

/** Packets per second of the last ten minutes, and lost packets. */
export function RateChart({ rates }: { readonly rates: Rates }) {
  const { say, language } = useView();
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<UPlot>(null);
  const [packets, passed, dropped] = [say('packets'), say('passed'), say('dropped')];
  useEffect(() => {
    const box = place.current;
    if (box === null) return undefined;
    const made = new UPlot(options(box.clientWidth, passed, dropped), [[], [], []], box);
    chart.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: box.clientWidth, height: HEIGHT }));
    resized.observe(box);
    return () => {
      resized.disconnect();
      made.destroy();
    };
  }, [passed, dropped]);
  useEffect(() => {
    const end = rates.until / 1000;
    const count = rates.passed.length;
    const times = rates.passed.map((_, at) => end - count + at + 1);
    chart.current?.setData([times, [...rates.passed], [...rates.dropped]]);
  }, [rates, language]);
  const last = rates.passed.at(-1) ?? 0;
  const lost = rates.dropped.reduce((sum, value) => sum + value, 0);
  return (
    <Section id="rates" title={packets}>
      <p class="figures">
        <b>{last}</b> {passed} <b class={lost > 0 ? 'bad' : ''}>{lost}</b> {dropped}
      </p>
      <div class="chart" ref={place} aria-hidden="true" />
    </Section>
  );
}

function options(width: number, passed: string, dropped: string): UPlot.Options {
  const axis = { stroke: () => colourOf('--quiet'), grid: { stroke: () => colourOf('--line'), width: 1 } };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: true }, y: { range: (_, _min, max) => [0, Math.max(1, max * 1.1)] } },
    axes: [
      { ...axis, values: '{HH}:{mm}' },
      { ...axis, size: 44 },
    ],
    series: [
      {},
      { label: passed, stroke: () => colourOf('--accent'), width: 1.5, points: { show: false } },
      { label: dropped, stroke: () => colourOf('--bad'), width: 1.5, points: { show: false } },
    ],
  };
}

/** How long a colour is cached: reading one makes the browser compute all styles. */
const COLOUR_MS = 1000;
const colours = new Map<string, { readonly colour: string; readonly at: number }>();

/** A canvas has no CSS colours of its own. */
function colourOf(name: string): string {
  const known = colours.get(name);
  const now = performance.now();
  if (known !== undefined && now - known.at < COLOUR_MS) return known.colour;
  const probe = document.querySelector(`[data-colour="${name}"]`);
  const colour = probe === null ? '#888' : getComputedStyle(probe).color;
  colours.set(name, { colour, at: now });
  return colour;
}
