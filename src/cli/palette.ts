/** Colours for stdout; plain where there is no terminal, or `NO_COLOR` is set. */
import chalk from 'chalk';
import type { Palette } from '../report/text-report.ts';

export function palette(): Palette {
  return {
    good: chalk.green,
    warn: chalk.yellow,
    bad: chalk.red,
    faint: chalk.dim,
    strong: chalk.bold,
  };
}
