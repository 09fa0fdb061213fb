import type uPlot from 'uplot';

export interface ChartOptions {
  readonly frame: HTMLElement;
  readonly height: number;
  readonly format: (value: number) => string;
}

const WHOLE_STEPS = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();

/**
 * Colours are read from the frame at each drawing: `light-dark()` is resolved only in real properties, so that the stylesheet lends
 * three of them (text, caret, border) to what a canvas can't inherit.
 */
export function chartOptions({ frame, height, format }: ChartOptions): uPlot.Options {
  const style = getComputedStyle(frame);
  const axis = {
    stroke: () => style.color,
    grid: { stroke: () => style.borderTopColor, width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
  };
  return {
    width: frame.clientWidth,
    height,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { x: { time: true, auto: false }, y: { auto: false } },
    axes: [
      { ...axis, space: 80, size: 28, values: (_plot, ticks) => ticks.map(timeOfDay) },
      { ...axis, size: 64, space: 36, incrs: WHOLE_STEPS, values: (_plot, ticks) => ticks.map(format) },
    ],
    series: [
      {},
      {
        stroke: () => style.caretColor,
        fill: () => `color-mix(in srgb, ${style.caretColor} 12%, transparent)`,
        width: 2,
        points: { show: true, size: 4, fill: () => style.caretColor },
      },
    ],
  };
}

function timeOfDay(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
}
