/**
 * A dashboard as classic JSON, which every Grafana reads. The types are Grafana's own, so what it does not know does not
 * compile; its enums stand here as their words, so that nothing of Grafana's is needed when mex runs.
 */
import type * as schema from '@grafana/schema';
import type { Options } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

/** The newest version of the classic schema. An older Grafana ignores what it does not know, a newer one migrates. */
export const SCHEMA_VERSION = 42;

type Words<T> = T extends string
  ? `${T}`
  : T extends readonly (infer Item)[]
    ? Words<Item>[]
    : T extends object
      ? { [Key in keyof T]: Words<T[Key]> }
      : T;

export type Dashboard = Omit<Words<schema.Dashboard>, 'panels'> & { uid: string; title: string; panels: Panel[] };
export type Variable = Words<schema.VariableModel>;
export type GridPos = Words<schema.GridPos>;
export type LineStyle = Words<schema.LineStyle>;
export type LegendPlacement = schema.LegendPlacement;

/** What holds for every series of a panel. */
export type Field = Omit<Words<schema.FieldConfig>, 'custom'>;
/** How the series of a panel are drawn. */
export type Drawing = Words<schema.GraphFieldConfig>;

/** One setting that some of the series have to themselves. */
export type Property = Named<Field, ''> | Named<Drawing, 'custom.'>;
type Named<T, Prefix extends string> = {
  [Key in keyof T & string]-?: { id: `${Prefix}${Key}`; value: NonNullable<T[Key]> };
}[keyof T & string];

export interface Override {
  matcher: { id: 'byRegexp'; options: string };
  properties: Property[];
}

/** A query, as the data source for Prometheus has it. */
export interface Target {
  refId: string;
  datasource: typeof DATASOURCE;
  expr: string;
  legendFormat: string;
  range: true;
  instant: false;
  editorMode: 'code';
}

export type Panel = Omit<Words<schema.Panel>, 'fieldConfig' | 'options' | 'targets'> & {
  type: 'timeseries';
  title: string;
  description: string;
  gridPos: GridPos;
  targets: Target[];
  options: Words<Options>;
  fieldConfig: { defaults: Field & { custom: Drawing }; overrides: Override[] };
};

/** Whichever Prometheus is chosen at the top of the dashboard. */
export const DATASOURCE = { type: 'prometheus', uid: `\${datasource}` } as const;
