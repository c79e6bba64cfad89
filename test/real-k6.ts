/** k6 itself, where the kit that has it is there, or the PATH. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const KIT = join(process.env.MEX_TOOLS ?? join(homedir(), '.cache/mex-tools'), 'bin/k6');
export const K6 = existsSync(KIT) ? KIT : 'k6';
/** Why a test without k6 is skipped; undefined: k6 is there. */
export const noK6 = spawnSync(K6, ['version']).status === 0 ? undefined : `there is no ${KIT}, and no k6 on the PATH`;
