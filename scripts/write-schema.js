// Publishes the schema of run.json with the package.
import { writeFileSync } from 'node:fs';
import { runRecordJsonSchema } from '../dist/report/run-record.js';

writeFileSync(
  new URL('../dist/run.schema.json', import.meta.url),
  `${JSON.stringify(runRecordJsonSchema(), null, 2)}\n`,
);
