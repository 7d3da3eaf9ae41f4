/** The loss of a run as a line a few pixels high. */

/**
 * The path of an SVG: `values` from left to right, the highest at the top. A null is a gap; a value
 * without neighbours is drawn as a dot (with round caps).
 */
export function sparkPath(
  values: readonly (number | null)[],
  width: number,
  height: number,
  margin = 2
): string {
  const known = values.filter((value): value is number => value !== null);
  if (!known.length) {
    return '';
  }
  const [low, high] = rangeOf(known);
  const across = (width - 2 * margin) / Math.max(1, values.length - 1);
  const down = (height - 2 * margin) / (high - low || 1);
  const parts: string[] = [];
  values.forEach((value, index) => {
    if (value === null) {
      return;
    }
    const x = round(margin + index * across);
    const y = high === low ? height / 2 : round(margin + (high - Math.min(value, high)) * down);
    const begins = (values[index - 1] ?? null) === null;
    const alone = begins && (values[index + 1] ?? null) === null;
    parts.push(`${begins ? 'M' : 'L'}${x} ${y}`, ...(alone ? ['h0'] : []));
  });
  return parts.join('');
}

/**
 * The range of the values without outliers at the top: the first steps of a run would flatten the
 * rest.
 */
function rangeOf(values: readonly number[]): [number, number] {
  const sorted = [...values].sort((one, other) => one - other);
  const low = sorted[0]!;
  const top = sorted[sorted.length - 1]!;
  const usual = sorted[Math.floor((sorted.length - 1) * 0.95)]!;
  return [low, usual > low && top - low > 2 * (usual - low) ? usual : top];
}

const round = (value: number): number => Number(value.toFixed(1));
