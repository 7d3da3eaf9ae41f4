/** The horizontal axis of a chart: steps, epochs or time. Without DOM. */

import type { ChartData, Range } from './curves.js';
import { timeAxis } from './curves.js';
import { formatCount, formatDuration, formatShort } from '../common/format.js';
import { scale, stepTicks, ticks } from './scales.js';

export type AxisKind = 'step' | 'epoch' | 'time';

const TICK_PIXELS = 90;
const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400];

/** Places steps in pixels. */
export interface Axis {
  /** What its numbers are. */
  title: string;
  /** The visible steps. */
  range: Range;
  at: (step: number) => number;
  back: (pixel: number) => number;
  /** Steps with their label. */
  ticks: (width: number) => [step: number, label: string][];
}

/** The kinds of axis that the data has numbers for. */
export function axisKinds({ head, curves }: ChartData): AxisKind[] {
  const hasEpochs = typeof head.epoch === 'number' && head.epoch > 0 && Boolean(head.step);
  return ['step', ...(hasEpochs ? ['epoch' as const] : []), ...(timeAxis(curves['time']) ? ['time' as const] : [])];
}

/**
 * @param range the visible steps
 * @param start the pixel of the first step
 * @param end the pixel of the last one
 */
export function axisOf(kind: AxisKind, data: ChartData, range: Range, start: number, end: number): Axis {
  const time = kind === 'time' ? timeAxis(data.curves['time']) : null;
  if (time !== null) {
    const seconds: Range = [Math.max(0, time.timeAt(range[0])), time.timeAt(range[1])];
    const { at, back } = scale(seconds, start, end);
    return {
      title: 'time',
      range,
      at: step => at(time.timeAt(step)),
      back: pixel => time.stepAt(back(pixel)),
      ticks: width => timeTicks(seconds, width).map(mark => [time.stepAt(mark), formatDuration(mark)])
    };
  }
  const { at, back } = scale(range, start, end);
  const { step = 0, epoch } = data.head;
  if (kind === 'epoch' && step && typeof epoch === 'number' && epoch > 0) {
    const length = step / epoch;
    const marks = (width: number): number[] =>
      ticks(range[0] / length, range[1] / length, width / TICK_PIXELS).map(mark => mark * length);
    const isInside = (mark: number): boolean => mark >= range[0] && mark <= range[1] * (1 + 1e-9);
    return {
      ...{ title: 'epoch', range, at, back },
      ticks: width =>
        marks(width)
          .filter(isInside)
          .map(mark => [mark, formatShort(mark / length)])
    };
  }
  return {
    ...{ title: 'step', range, at, back },
    ticks: width => stepTicks(range[0], range[1], width).map(mark => [mark, formatCount(mark)])
  };
}

/** Round times within a range, such as each half minute. */
export function timeTicks([from, to]: Range, width: number): number[] {
  const rough = (to - from) / Math.max(1, width / TICK_PIXELS);
  const days = 86_400 * Math.ceil(rough / 86_400);
  const stride = SECONDS.find(size => size >= rough) ?? days;
  const first = Math.ceil(from / stride);
  const count = Math.max(0, Math.floor(to / stride) - first + 1);
  return Array.from({ length: count }, (_, index) => (first + index) * stride);
}
