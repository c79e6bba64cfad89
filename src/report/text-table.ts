/** Columns of text: the first ones to the left, those named to the right; a cell's length is counted without colours. */
export interface TableOptions {
  /** Columns from this one on are numbers. */
  rightFrom?: number;
  indent?: string;
  /** Applied to a padded cell of the body. */
  paint?: (cell: string, column: number, row: number) => string;
}

export function textTable(rows: readonly (readonly string[])[], options: TableOptions = {}): string[] {
  const { rightFrom = Number.POSITIVE_INFINITY, indent = '  ', paint = (cell) => cell } = options;
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row, at) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return paint(column >= rightFrom ? cell.padStart(width) : cell.padEnd(width), column, at);
    });
    return `${indent}${cells.join('  ')}`.trimEnd();
  });
}

/** Text broken at spaces; a word that is too long stands alone. */
export function wrapped(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, indent + line];
}
