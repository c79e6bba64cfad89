/** Labels of a series: reading `{name="value",…}` and naming a series by one string. */
export type Labels = Readonly<Record<string, string>>;

/** One `name="value"` and the comma or nothing behind it; in a value `\\`, `\"` and `\n` are escaped. */
const LABEL = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\\n]|\\[\\"n])*)"\s*(,|$)/y;

/** @param braced with its braces. @throws Error with what is wrong. */
export function parseLabels(braced: string): Labels {
  if (!braced.startsWith('{') || !braced.endsWith('}')) throw new Error('the labels need a { and a }');
  const inner = braced.slice(1, -1).trim();
  const labels: [string, string][] = [];
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < inner.length) {
    const match = LABEL.exec(inner);
    if (match === null) throw new Error('the labels are not name="value", separated by commas');
    const [, name = '', value = ''] = match;
    if (labels.some(([known]) => known === name)) throw new Error(`the label ${name} stands twice`);
    labels.push([name, unescapeLabel(value)]);
  }
  return Object.fromEntries(labels);
}

/** The same string for the same name and labels, in whatever order they came. */
export function seriesKey(metric: string, labels: Labels): string {
  const names = Object.keys(labels).sort();
  return `${metric}{${names.map((name) => `${name}=${JSON.stringify(labels[name])}`).join(',')}}`;
}

/** True if the series carries every one of the wanted labels with its value. */
export function hasLabels(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

function unescapeLabel(text: string): string {
  return text.includes('\\') ? text.replace(/\\([\\"n])/g, (_, sign) => (sign === 'n' ? '\n' : sign)) : text;
}
