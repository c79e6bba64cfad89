/** Lines of the Prometheus text format, with numbers written plainly: `0.000001`, never `1e-6`. */
export type Labels = Readonly<Record<string, string>>;

export function plainNumber(value: number): string {
  const text = String(value);
  if (!text.includes('e')) return text;
  return Math.abs(value) >= 1 ? BigInt(value).toString() : value.toFixed(30).replace(/0+$/, '');
}

/** `name{label="value"} `, to be followed by a number. */
export function seriesPrefix(name: string, labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return `${name}{${pairs.join(',')}} `;
}

export function familyHead(name: string, type: 'counter' | 'gauge' | 'histogram', help: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

/** Text made by others, with its exponents written out and `Nan` as Prometheus writes it. */
export function withPlainNumbers(text: string): string {
  return text
    .replace(/ (-?[\d.]+e[+-]?\d+)$/gm, (_, number: string) => ` ${plainNumber(Number(number))}`)
    .replace(/ Nan$/gm, ' NaN');
}
