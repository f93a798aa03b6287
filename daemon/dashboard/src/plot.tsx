// A plot of the last ten minutes.
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { clock } from './format';
import { columns, historyVersion, shownSpan } from './history';
import type { Figure } from './history';
import { colours } from './theme';

const HEIGHT = 176;
const FONT = '11px system-ui, sans-serif';
// The pointer over one plot is over all of them.
const SYNC = 'evald';

export interface Line {
  figure: Figure;
  label: string;
  // A custom property of the style sheet.
  colour: string;
  dash?: number[];
  fill?: boolean;
}

interface PlotProps {
  id: string;
  title: string;
  note: string;
  lines: Line[];
  logarithmic?: boolean;
  text(value: number): string;
  mark(value: number): string;
}

// The index of the sample under the pointer.
const pointed = signal<number | null>(null);

// The colour that a custom property stands for now. A canvas knows nothing of custom properties.
function colourOf(property: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${property})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function translucent(colour: string): string {
  return colour.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.12)');
}

// What is shown at least, so that a quiet evald does not look like a busy one.
function range(logarithmic: boolean): uPlot.Scale.Range {
  return (_plot, low, high) => {
    if (!logarithmic) return [0, Math.max(high ?? 0, 1) * 1.1];
    if (low === null || high === null || low <= 0) return [1e-4, 1e-1];
    return [
      10 ** Math.floor(Math.log10(low)),
      10 ** Math.max(Math.ceil(Math.log10(high)), Math.floor(Math.log10(low)) + 1),
    ];
  };
}

// One mark for each power of ten: what lies between them would be more grid than picture.
const powersOfTen: uPlot.Axis.Splits = (_plot, _axis, low, high) => {
  const marks: number[] = [];
  for (let exponent = Math.ceil(Math.log10(low) - 1e-9); exponent <= Math.log10(high) + 1e-9; exponent += 1)
    marks.push(10 ** exponent);
  return marks;
};

function optionsOf(props: PlotProps, width: number): uPlot.Options {
  const colourMap = new Map<string, string>();
  const colour = (property: string) => {
    const key = `${property} ${colours.value}`;
    const known = colourMap.get(key);
    if (known !== undefined) return known;
    const found = colourOf(property);
    colourMap.set(key, found);
    return found;
  };
  const axis = {
    stroke: () => colour('--muted'),
    font: FONT,
    grid: { stroke: () => colour('--grid'), width: 1 },
    ticks: { show: false },
    gap: 6,
  };
  return {
    width,
    height: HEIGHT,
    padding: [10, 8, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: SYNC }, y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      x: { time: true, range: shownSpan },
      y: { distr: props.logarithmic ? 3 : 1, range: range(props.logarithmic ?? false) },
    },
    axes: [
      {
        ...axis,
        space: 70,
        size: 26,
        incrs: [10, 30, 60, 120, 300],
        values: (_plot, marks, _axis, _space, step) =>
          marks.map((each) => clock(each * 1000).slice(0, step < 60 ? 8 : 5)),
      },
      {
        ...axis,
        space: 32,
        size: 58,
        ...(props.logarithmic ? { splits: powersOfTen } : {}),
        values: (_plot, marks) => marks.map((each) => (each === null ? '' : props.mark(each))),
      },
    ],
    series: [
      {},
      ...props.lines.map((line) => ({
        label: line.label,
        stroke: () => colour(line.colour),
        width: 1.75,
        points: { show: false },
        ...(line.dash ? { dash: line.dash } : {}),
        ...(line.fill ? { fill: () => translucent(colour(line.colour)) } : {}),
      })),
    ],
    hooks: {
      setCursor: [
        (plot) => {
          pointed.value =
            plot.cursor.left !== undefined && plot.cursor.left !== null && plot.cursor.left >= 0
              ? (plot.cursor.idx ?? null)
              : null;
        },
      ],
    },
  };
}

function useUplot(props: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  useEffect(() => {
    const element = place.current!;
    const made = new uPlot(
      optionsOf(props, element.clientWidth),
      columns(props.lines.map((line) => line.figure)) as uPlot.AlignedData,
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, []);
  const version = historyVersion.value;
  useEffect(() => {
    plot.current?.setData(columns(props.lines.map((line) => line.figure)) as uPlot.AlignedData);
  }, [version]);
  const scheme = colours.value;
  useEffect(() => plot.current?.redraw(false), [scheme]);
  return place;
}

export function Plot(props: PlotProps) {
  const place = useUplot(props);
  const [times, ...values] = columns(props.lines.map((line) => line.figure));
  const at = pointed.value !== null && pointed.value < times.length ? pointed.value : times.length - 1;
  const shown = props.lines.map((line, index) => ({ ...line, value: values[index]?.[at] ?? null }));
  const empty = values.every((column) => column.every((value) => value === null));
  const now = props.lines.map((line, index) => ({ line, value: values[index]?.at(-1) ?? null }));
  const spoken = now
    .map(({ line, value }) => `${line.label} ${value === null ? 'nothing measured' : props.text(value)}`)
    .join(', ');
  return (
    <section class="card plot" aria-labelledby={`${props.id}-title`}>
      <header>
        <h3 id={`${props.id}-title`}>{props.title}</h3>
        <span class="note">
          {pointed.value === null || at < 0 ? props.note : clock((times[at] ?? 0) * 1000)}
        </span>
      </header>
      <ul class="legend">
        {shown.map((line) => (
          <li key={line.figure}>
            <svg class="swatch" width="18" height="8" aria-hidden="true">
              <line
                x1="0"
                y1="4"
                x2="18"
                y2="4"
                stroke-width="2.5"
                stroke-dasharray={line.dash?.join(' ')}
                style={{ stroke: `var(${line.colour})` }}
              />
            </svg>
            {line.label} <b>{line.value === null ? '\u2013' : props.text(line.value)}</b>
          </li>
        ))}
      </ul>
      <div class="canvas">
        <div ref={place} role="img" aria-label={`${props.title}, the last ten minutes. Now: ${spoken}.`} />
        {empty && <p class="nothing">Waiting for the first request</p>}
      </div>
    </section>
  );
}
