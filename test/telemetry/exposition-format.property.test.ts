import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseExposition, SeriesMemory } from '../../src/telemetry/exposition-format.ts';

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
const rendered = (labels: [string, string][]): string =>
  labels.length === 0 ? '' : `{${labels.map(([name, value]) => `${name}="${escaped(value)}"`).join(',')}}`;

const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}x$/);
const label = fc.tuple(fc.stringMatching(/^[a-z]{1,5}_$/), fc.string({ unit: 'grapheme', maxLength: 12 }));
const labels = fc.uniqueArray(label, { selector: ([key]) => key, maxLength: 4 });
const value = fc.double();

const text = (number: number): string => (Number.isNaN(number) ? 'Nan' : String(number).replace('Infinity', 'Inf'));

test('what was written is read, with and without memory of the series', () => {
  const series = fc.uniqueArray(fc.record({ name, labels, value }), { selector: (one) => one.name });
  fc.assert(
    fc.property(series, (written) => {
      const lines = written.map((one) => `${one.name}${rendered(one.labels)} ${text(one.value)}\n`).join('');
      const memory = new SeriesMemory();
      const first = parseExposition(lines, memory).values;
      const expected = written.map((one) => [one.name, Object.fromEntries(one.labels), one.value + 0]);
      expect(first.map((one) => [one.metric, { ...one.labels }, one.value + 0])).toEqual(expected);
      expect(parseExposition(lines, memory).values).toEqual(first);
    }),
  );
});

test('a histogram comes back with its counts a bucket', () => {
  const counts = fc.array(fc.nat(1e6), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(counts, labels, fc.double({ noNaN: true }), (written, ofSeries, sum) => {
      let total = 0;
      const lines = written.map((count, index) => {
        total += count;
        const le = index === written.length - 1 ? '+Inf' : String((index + 1) / 1000);
        return `h_bucket${rendered([['le', le], ...ofSeries])} ${total}`;
      });
      const end = rendered(ofSeries);
      const all = ['# TYPE h histogram', ...lines, `h_sum${end} ${text(sum)}`, `h_count${end} ${total}`].join('\n');
      const [histogram] = parseExposition(all).histograms;
      expect(histogram?.counts).toEqual(written);
      expect(histogram?.count).toBe(total);
      expect(histogram?.bounds).toEqual(written.slice(1).map((_, index) => (index + 1) / 1000));
    }),
  );
});
