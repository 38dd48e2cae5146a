import type { Component } from '../component.ts'
import { digestOf } from '../digest.ts'
import { renderAgentFile } from './agent-file.ts'

/**
 * Keep the process small rather than fast: it has little to compute and much time. Without the middle compilers
 * only what runs hot is compiled at all.
 */
export const agentNodeFlags: readonly string[] = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=1',
  '--optimize-for-size',
  '--no-sparkplug',
  '--no-maglev',
]

/** Make glibc give the buffers of a backup back at once instead of keeping them (mallopt(3)). */
export const agentMemoryEnvironment: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '65536',
  MALLOC_TRIM_THRESHOLD_: '65536',
}

/** The daemon beside the database: schedule, HTTP interface, WAL archive, checks. Restarting it never touches PostgreSQL. */
export const agent: Component = {
  name: 'agent',
  runsOn: ({ kind }) => kind !== 'server',
  files(input) {
    const path = `${input.member.paths.config}/agent.json`
    const contents = renderAgentFile(input)
    return [
      {
        path,
        contents,
        mode: 0o600,
        owner: 'run-as',
        secret: false,
        digest: digestOf(path, contents),
        onChange: 'restart',
        unit: 'agent',
      },
    ]
  },
  units({ member: { kind, paths }, facts, self }) {
    return [
      {
        name: 'agent',
        argv: [self.node, ...agentNodeFlags, self.agentScript, `${paths.config}/agent.json`],
        env: {
          HOME: facts.runAs.home,
          PATH: '/usr/local/bin:/usr/bin:/bin',
          NODE_ENV: 'production',
          ...agentMemoryEnvironment,
        },
        workingDirectory: paths.state,
        user: 'drops',
        after: kind === 'gateway' ? ['haproxy', 'pgbouncer'] : ['postgres'],
        stop: { signal: 'SIGTERM', timeoutSeconds: 30, thenSignal: 'SIGKILL' },
        logFile: `${paths.logs}/agent.log`,
      },
    ]
  },
}
