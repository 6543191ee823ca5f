// Grafana's own types of what is generated, with the words that its JSON has in place of enumerations.

import type * as common from '@grafana/grafana-foundation-sdk/common';
import type * as grafana from '@grafana/grafana-foundation-sdk/dashboard';
import type * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline';
import type * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';

type Plain<Type> = Type extends string
  ? `${Type}`
  : Type extends number
    ? number
    : Type extends readonly (infer Item)[]
      ? readonly Plain<Item>[]
      : Type extends object
        ? { readonly [Key in keyof Type]: Plain<Type[Key]> }
        : Type;

export type Variable = Plain<grafana.VariableModel>;
export type ValueMapping = Plain<grafana.ValueMapping>;
export type Thresholds = Plain<grafana.ThresholdsConfig>;
export type Link = Plain<grafana.DashboardLink>;
export type LineStyle = Plain<timeseries.FieldConfig>;
export type LineOptions = Plain<timeseries.Options>;
export type TimelineStyle = Plain<statetimeline.FieldConfig>;
export type TimelineOptions = Plain<statetimeline.Options>;
export type Reduce = Plain<common.ReduceDataOptions>;

/** A query of the InfluxDB data source, written as InfluxQL. */
export interface Target {
  readonly refId: string;
  readonly datasource: Plain<common.DataSourceRef>;
  readonly rawQuery: true;
  readonly query: string;
  readonly resultFormat: 'time_series';
  /** `$tag_device`, `$col`: name of a series by its tag and its field. */
  readonly alias: string;
}

export type Panel = Omit<Plain<grafana.Panel>, 'targets'> & { readonly targets: readonly Target[] };

export type Dashboard = Omit<Plain<grafana.Dashboard>, 'panels'> & { readonly panels: readonly Panel[] };
