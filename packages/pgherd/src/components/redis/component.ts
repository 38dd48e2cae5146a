import type { Component } from '../component.ts'
import { digestOf } from '../digest.ts'
import { renderRedisConf } from './redis-conf.ts'

/** Redis beside a cluster, where the spec asks for one. */
export const redis: Component = {
  name: 'redis',
  runsOn: ({ kind }, { spec }) => kind === 'gateway' && spec.redis !== undefined,
  files({ topology, member }) {
    if (!topology.spec.redis) return []
    const path = `${member.paths.config}/redis.conf`
    const contents = renderRedisConf(member, topology.spec.redis)
    return [
      {
        path,
        contents,
        mode: 0o600,
        owner: 'run-as',
        secret: true,
        digest: digestOf(path, contents),
        onChange: 'restart',
        unit: 'redis',
      },
    ]
  },
  units({ member: { paths }, facts }) {
    return [
      {
        name: 'redis',
        argv: [facts.programs.redis?.path ?? '/usr/bin/redis-server', `${paths.config}/redis.conf`],
        env: { HOME: facts.runAs.home, PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' },
        workingDirectory: paths.state,
        user: 'run-as',
        after: [],
        // It flushes the append-only file before it ends.
        stop: { signal: 'SIGTERM', timeoutSeconds: 15, thenSignal: 'SIGKILL' },
        logFile: `${paths.logs}/redis.log`,
      },
    ]
  },
}
