/** Runs one command line and tells the exit code; `bin/` ends the process with it. */
import { run, settings } from '@oclif/core';
import { EXIT } from '../errors/exit-codes.ts';
import { describeError } from './describe-error.ts';

/** @param binUrl `import.meta.url` of the file in `bin/`; @param argv without the program's name. */
export async function main(binUrl: string, argv: string[]): Promise<number> {
  settings.enableAutoTranspile = false;
  try {
    await run(argv.length === 0 ? ['--help'] : argv, binUrl);
  } catch (thrown) {
    const { exit, lines } = describeError(thrown);
    for (const line of lines) process.stderr.write(`${line}\n`);
    process.exitCode = exit;
  }
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  return Number(process.exitCode ?? EXIT.ok);
}

/** A slow pipe must get everything before the process ends. */
async function flushed(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0) return;
  await new Promise<void>((resolve) => stream.write('', () => resolve()));
}
