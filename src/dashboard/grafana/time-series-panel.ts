/**
 * A panel of lines over time: what it asks and how it looks. Each of them draws a gap where there is no data, never a
 * line across it and never zero.
 */
import {
  DATASOURCE,
  type Drawing,
  type Field,
  type LegendPlacement,
  type LineStyle,
  type Override,
  type Panel,
  type Property,
} from './classic-json.ts';

export interface PanelPlan {
  title: string;
  /** What a reader must know to read it rightly; Markdown, behind the `i` of the panel. */
  description: string;
  queries: Query[];
  axis: Axis;
  /** Lines across the panel. */
  lines?: Line[];
  /** Series drawn on top of each other, their sum being the upper edge. */
  stacked?: boolean;
  /** What some of the series have to themselves. */
  looks?: Look[];
  /** Default: at the right. */
  legend?: LegendPlacement;
}

export interface Query {
  expr: string;
  /** Name of each series, with `{{label}}` for the value of a label. */
  legend: string;
}

export interface Axis {
  label: string;
  /** Of the values, as Grafana names it: `s`, `percentunit`. */
  unit: string;
  min?: number;
  max?: number;
  /** It reaches so far also where the values do not. */
  softMax?: number;
  logarithmic?: boolean;
}

export interface Line {
  at: number;
  color: string;
}

export interface Look {
  /** On the names of series. */
  series: RegExp;
  properties: Property[];
}

/** Prometheus computes the recording rules as often, and no point between two of them has anything new. */
const STEP = '5s';
const LEGEND_VALUES = ['lastNotNull', 'max'];
const STACK_FILL_PERCENT = 60;

export function timeSeriesPanel(plan: PanelPlan, id: number, gridPos: Panel['gridPos']): Panel {
  const { title, description, queries, axis, lines, looks = [], stacked = false, legend = 'right' } = plan;
  return {
    id,
    type: 'timeseries',
    title,
    description,
    gridPos,
    datasource: DATASOURCE,
    interval: STEP,
    targets: queries.map(({ expr, legend: legendFormat }, index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      datasource: DATASOURCE,
      expr,
      legendFormat,
      range: true,
      instant: false,
      editorMode: 'code',
    })),
    options: {
      legend: { showLegend: true, displayMode: 'table', placement: legend, calcs: LEGEND_VALUES },
      tooltip: { mode: 'multi', sort: stacked ? 'none' : 'desc' },
    },
    fieldConfig: {
      defaults: {
        color: { mode: 'palette-classic-by-name' },
        noValue: 'no data',
        ...fieldOf(axis),
        thresholds: linesAt(lines ?? []),
        custom: {
          drawStyle: 'line',
          lineInterpolation: 'linear',
          lineWidth: stacked ? 0 : 1,
          fillOpacity: stacked ? STACK_FILL_PERCENT : 0,
          showPoints: 'auto',
          pointSize: 4,
          spanNulls: false,
          stacking: { mode: stacked ? 'normal' : 'none', group: 'A' },
          thresholdsStyle: { mode: lines === undefined ? 'off' : 'dashed' },
          ...drawingOf(axis),
        },
      },
      overrides: looks.map(overrideOf),
    },
  };
}

/** An axis that some of the series have to themselves. */
export function ownAxis(axis: Axis, side: 'left' | 'right'): Property[] {
  const { label, unit, min, max, softMax } = axis;
  return [
    { id: 'unit', value: unit },
    ...(min === undefined ? [] : [{ id: 'min' as const, value: min }]),
    ...(max === undefined ? [] : [{ id: 'max' as const, value: max }]),
    ...(softMax === undefined ? [] : [{ id: 'custom.axisSoftMax' as const, value: softMax }]),
    { id: 'custom.axisLabel', value: label },
    { id: 'custom.axisPlacement', value: side },
  ];
}

/** Lines on the axis of some of the series. */
export function ownLines(lines: Line[]): Property[] {
  return [
    { id: 'thresholds', value: linesAt(lines) },
    { id: 'custom.thresholdsStyle', value: { mode: 'dashed' } },
  ];
}

export function color(name: string): Property {
  return { id: 'color', value: { mode: 'fixed', fixedColor: name } };
}

export function lineStyle(style: LineStyle): Property {
  return { id: 'custom.lineStyle', value: style };
}

export function lineWidth(pixels: number): Property {
  return { id: 'custom.lineWidth', value: pixels };
}

function fieldOf({ unit, min, max }: Axis): Field {
  return { unit, ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
}

function drawingOf({ label, softMax, logarithmic = false }: Axis): Drawing {
  return {
    axisLabel: label,
    axisPlacement: 'auto',
    ...(softMax !== undefined && { axisSoftMax: softMax }),
    scaleDistribution: logarithmic ? { type: 'log', log: 10 } : { type: 'linear' },
  };
}

/** Grafana wants a first step below every other. */
function linesAt(lines: Line[]): NonNullable<Field['thresholds']> {
  const steps = lines.map(({ at, color }) => ({ value: at, color }));
  return { mode: 'absolute', steps: [{ value: null, color: 'transparent' }, ...steps] };
}

function overrideOf({ series, properties }: Look): Override {
  return { matcher: { id: 'byRegexp', options: String(series) }, properties };
}
