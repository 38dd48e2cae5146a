import { defineConfig } from 'vitest/config'

/** The suffix of a test file says what it costs: unit (pure), int (a real server), e2e (the whole program). */
const project = (name: string, timeout: number, isolate = true) => ({
  test: {
    name,
    isolate,
    include: [`packages/*/{src,test,chaos}/**/*.${name}.test.ts`],
    testTimeout: timeout,
    hookTimeout: timeout,
  },
})

export default defineConfig({
  test: {
    globalSetup: 'packages/testbed/src/current-build.ts',
    // one more than the cores it is meant for: two of them leave a processor idle for half of the time, waiting for servers
    maxWorkers: 3,
    // pure tests share their modules: loading them for each file anew was half of their work
    projects: [project('unit', 30_000, false), project('int', 120_000), project('e2e', 240_000)],
  },
})
