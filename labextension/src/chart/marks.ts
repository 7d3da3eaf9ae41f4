/** The marks on the chart where the user sent commands, without DOM. */

import type { Mark } from '../kernel/protocol.js';

/** A label, in CSS pixels; `row` 0 is the upper one. */
export interface Placed {
  x: number;
  left: number;
  row: number;
  text: string;
}

type Ended = Placed & { end: number };

const LABEL_GAP = 8;
const LABEL_OFFSET = 5;
const LABEL_ROWS = 2;
const MAX_LABEL_LENGTH = 24;

/**
 * Place labels next to their lines, in two rows, without overlap. Newer ones take precedence; a label that does not fit is
 * left out. The line of a label in the upper row continues through the lower row.
 * @param marks of different steps, in order
 * @param right the end of the plot
 */
export function placeLabels(
  marks: Mark[],
  x: (step: number) => number,
  widthOf: (text: string) => number,
  right: number
): Placed[] {
  const placed: Ended[] = [];
  const fits = (label: Ended) =>
    label.left >= 0 &&
    label.end <= right &&
    placed.every(other => {
      if (other.row === label.row) return label.end + LABEL_GAP <= other.left || other.end + LABEL_GAP <= label.left;
      const [upper, lower] = other.row < label.row ? ([other, label] as const) : ([label, other] as const);
      return upper.x < lower.left - 2 || upper.x > lower.end + 2;
    });
  for (const { step, label } of [...marks].reverse()) {
    const text = label.length > MAX_LABEL_LENGTH ? `${label.slice(0, MAX_LABEL_LENGTH - 1)}…` : label;
    const [at, width] = [x(step), widthOf(text)];
    const places = [at + LABEL_OFFSET, at - LABEL_OFFSET - width].flatMap(left =>
      Array.from({ length: LABEL_ROWS }, (_, row) => ({ x: at, left, end: left + width, row, text }))
    );
    const place = places.find(fits);
    if (place) placed.push(place);
  }
  return placed;
}

/**
 * The marks at the pointer: those of the steps `first` to `last`, or else the nearest one within reach.
 * @param reach steps
 */
export function marksAt(marks: Mark[], first: number, last: number, reach: number): Mark[] {
  const inside = marks.filter(({ step }) => step >= first && step <= last);
  if (inside.length) return inside;
  const away = (mark: Mark) => Math.min(Math.abs(mark.step - first), Math.abs(mark.step - last));
  const near = [...marks].sort((a, b) => away(a) - away(b))[0];
  return near && away(near) <= reach ? [near] : [];
}
