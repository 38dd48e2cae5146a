import type { Component } from '../component.ts'
import { digestOf } from '../digest.ts'
import { renderPatroniYml } from './patroni-yml.ts'

/** Patroni runs PostgreSQL on every server of a cluster and decides who is primary. */
export const patroni: Component = {
  name: 'patroni',
  runsOn: ({ kind }) => kind === 'server',
  files(input) {
    const path = `${input.member.paths.config}/patroni.yml`
    const contents = renderPatroniYml(input)
    return [
      {
        path,
        contents,
        mode: 0o600,
        owner: 'run-as',
        secret: true,
        digest: digestOf(path, contents),
        onChange: 'reload',
        unit: 'patroni',
      },
    ]
  },
  units({ member: { paths }, facts }) {
    return [
      {
        name: 'patroni',
        argv: [facts.programs.patroni?.path ?? '/usr/bin/patroni', `${paths.config}/patroni.yml`],
        // libpq looks for certificates in HOME: without it a standby started by root would look in root's
        env: {
          HOME: facts.runAs.home,
          PATH: `${facts.postgres.bin}:/usr/local/bin:/usr/bin:/bin`,
          LC_ALL: 'C',
          PYTHONUNBUFFERED: '1',
        },
        workingDirectory: paths.state,
        user: 'run-as',
        after: ['etcd'],
        // it stops PostgreSQL, which may need a checkpoint, and gives the lock away
        stop: { signal: 'SIGTERM', timeoutSeconds: 90, thenSignal: 'SIGKILL' },
        reload: { signal: 'SIGHUP' },
        logFile: `${paths.logs}/patroni.log`,
      },
    ]
  },
  validator(file, { facts }) {
    if (!file.path.endsWith('/patroni.yml')) return undefined
    return [facts.programs.patroni?.path ?? '/usr/bin/patroni', '--validate-config', file.path]
  },
}
