import { useMemo } from 'react';
import type { Sample } from '../feed/sample.js';
import { formatRate } from '../format/count.js';
import { formatLag } from '../format/duration.js';
import { lagSeries, rateSeries } from './series.js';
import { TimeChart } from './time-chart.js';

export function Charts({ samples, now }: { readonly samples: readonly Sample[]; readonly now: number }) {
  const lag = useMemo(() => lagSeries(samples), [samples]);
  const changes = useMemo(() => rateSeries(samples, 'changes'), [samples]);
  return (
    <div className="charts">
      <TimeChart title="Lag, commit → history" series={lag} format={formatLag} now={now} />
      <TimeChart title="Changes per second" series={changes} format={formatRate} now={now} />
    </div>
  );
}
