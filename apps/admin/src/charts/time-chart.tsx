import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { WINDOW_MS } from '../feed/sample.js';
import { Panel } from '../ui/panel.js';
import { chartOptions } from './chart-options.js';
import { peakOf, type Series } from './series.js';

export interface TimeChartProps {
  readonly title: string;
  readonly series: Series;
  readonly format: (value: number) => string;
  /** End of the time shown, ms since 1970, by the server's clock. */
  readonly now: number;
}

const HEIGHT = 180;

/** The last five minutes of one figure. */
export function TimeChart({ title, series, format, now }: TimeChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(null);

  useEffect(() => {
    if (!frame.current) return;
    const plot = new uPlot(chartOptions({ frame: frame.current, height: HEIGHT, format }), [[], []], frame.current);
    chart.current = plot;
    const resize = new ResizeObserver(
      ([entry]) => entry && plot.setSize({ width: entry.contentRect.width, height: HEIGHT }),
    );
    resize.observe(frame.current);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const redraw = () => plot.redraw();
    scheme.addEventListener('change', redraw);
    return () => {
      scheme.removeEventListener('change', redraw);
      resize.disconnect();
      plot.destroy();
      chart.current = null;
    };
  }, [format]);

  useEffect(() => {
    const plot = chart.current;
    if (!plot) return;
    plot.batch(() => {
      plot.setData([[...series[0]], [...series[1]]], false);
      plot.setScale('x', { min: (now - WINDOW_MS) / 1000, max: now / 1000 });
      plot.setScale('y', { min: 0, max: Math.max(3, peakOf(series)) * 1.15 });
    });
  }, [series, now, format]);

  return (
    <Panel title={title} className="chart-panel" aside={<small className="muted">peak {format(peakOf(series))}</small>}>
      <div
        className="chart"
        ref={frame}
        role="img"
        aria-label={`${title}: peak ${format(peakOf(series))} in the last five minutes`}
      />
    </Panel>
  );
}
