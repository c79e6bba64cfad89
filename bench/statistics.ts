/** The middle of some rounds and how far they reached, as text: `1.02 (0.97 to 1.10)`. */
export function medianWithRange(values: number[], digits = 2): string {
  const sorted = [...values].sort((left, right) => left - right);
  const at = (index: number): string => (sorted[index] ?? Number.NaN).toFixed(digits);
  return `${at(Math.floor(sorted.length / 2))} (${at(0)} to ${at(sorted.length - 1)})`;
}
