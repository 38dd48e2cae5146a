import type { Component } from '../component.ts'
import { digestOf } from '../digest.ts'
import { drillsFilePath, renderDrillsFile } from './drills-file.ts'

/** A process that looks at the clock once a second: without compilers, and with a small heap. */
const nodeFlags: readonly string[] = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=1',
  '--max-old-space-size=32',
  '--optimize-for-size',
  '--no-sparkplug',
  '--no-maglev',
]

/**
 * Runs the drills of `drills.schedule` when they are due, and undoes the fault of one that was killed. It waits at the
 * gateway, as the user who runs pgherd: cutting members off and starting units is not for the user PostgreSQL runs as.
 */
export const drills: Component = {
  name: 'drills',
  runsOn: ({ kind }, { spec }) => kind === 'gateway' && Object.keys(spec.drills.schedule).length > 0,
  files(input) {
    const path = drillsFilePath(input.member.paths.state)
    const contents = renderDrillsFile(input)
    return [
      {
        path,
        contents,
        mode: 0o644,
        owner: 'invoker',
        secret: false,
        digest: digestOf(path, contents),
        onChange: 'restart',
        unit: 'drills',
      },
    ]
  },
  units({ member: { paths }, facts: { invoker }, self }) {
    return [
      {
        name: 'drills',
        argv: [self.node, ...nodeFlags, self.drillsScript, drillsFilePath(paths.state)],
        env: {
          HOME: invoker.home,
          USER: invoker.name,
          LOGNAME: invoker.name,
          // a drill calls nft(8), which is for root
          PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
          NODE_ENV: 'production',
          MALLOC_ARENA_MAX: '1',
        },
        workingDirectory: paths.state,
        user: 'invoker',
        after: ['agent'],
        // a drill under way undoes its fault first
        stop: { signal: 'SIGTERM', timeoutSeconds: 30, thenSignal: 'SIGKILL' },
        logFile: `${paths.logs}/drills.log`,
      },
    ]
  },
}
