import type { Component } from '../component.ts'
import { digestOf } from '../digest.ts'
import { renderFenceFile } from './fence-file.ts'

/** A process that asks one question a second: without compilers, and with a small heap. */
const nodeFlags: readonly string[] = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=1',
  '--max-old-space-size=32',
  '--optimize-for-size',
  '--no-sparkplug',
  '--no-maglev',
]

/**
 * Stops PostgreSQL before the lease of a primary runs out whose Patroni is dead or frozen. Where a machine has a
 * watchdog device the kernel does the same; this works on all.
 */
export const fence: Component = {
  name: 'fence',
  runsOn: ({ kind }) => kind === 'server',
  files(input) {
    const path = `${input.member.paths.config}/fence.json`
    const contents = renderFenceFile(input)
    return [
      {
        path,
        contents,
        mode: 0o600,
        owner: 'run-as',
        secret: false,
        digest: digestOf(path, contents),
        onChange: 'reload',
        unit: 'fence',
      },
    ]
  },
  units({ member: { paths }, facts, self }) {
    return [
      {
        name: 'fence',
        argv: [self.node, ...nodeFlags, self.fenceScript, `${paths.config}/fence.json`],
        env: {
          HOME: facts.runAs.home,
          PATH: '/usr/local/bin:/usr/bin:/bin',
          LC_ALL: 'C',
          NODE_ENV: 'production',
          MALLOC_ARENA_MAX: '1',
        },
        workingDirectory: paths.state,
        // the program may lie where only root can read it
        user: 'drops',
        after: ['patroni'],
        stop: { signal: 'SIGTERM', timeoutSeconds: 5, thenSignal: 'SIGKILL' },
        reload: { signal: 'SIGHUP' },
        logFile: `${paths.logs}/fence.log`,
      },
    ]
  },
}
