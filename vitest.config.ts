import { defineConfig } from 'vitest/config';

const project = (name: string, include: string[], testTimeout: number, exclude: string[] = []) => ({
  test: {
    name,
    include,
    exclude,
    testTimeout,
    hookTimeout: testTimeout,
    pool: 'forks' as const,
    disableConsoleIntercept: true,
    globalSetup: ['test/build.ts'],
  },
});

export default defineConfig({
  test: {
    fileParallelism: false,
    projects: [
      project('unit', ['test/**/*.test.ts'], 30_000, ['test/integration/**', 'test/reliability/**', 'test/e2e/**']),
      project('integration', ['test/integration/**/*.test.ts'], 120_000),
      project('reliability', ['test/reliability/**/*.test.ts'], 600_000),
      project('e2e', ['test/e2e/**/*.test.ts'], 900_000),
    ],
  },
});
