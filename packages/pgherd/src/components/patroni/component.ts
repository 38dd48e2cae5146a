import type { Component, OnChange, RenderedFile } from '../component.ts'
import { digestOf } from '../digest.ts'
import { renderPatroniYml } from './patroni-yml.ts'
import { renderRunPatroni } from './run-patroni-py.ts'

const debianPath = '/usr/bin/patroni'

/** Patroni runs PostgreSQL on every server of a cluster and decides who is primary. */
export const patroni: Component = {
  name: 'patroni',
  runsOn: ({ kind }) => kind === 'server',
  files(input) {
    const file = (name: string, contents: string, secret: boolean, onChange: OnChange): RenderedFile => {
      const path = `${input.member.paths.config}/${name}`
      return {
        path,
        contents,
        mode: 0o600,
        owner: 'run-as',
        secret,
        digest: digestOf(path, contents),
        onChange,
        unit: 'patroni',
      }
    }
    return [
      file('patroni.yml', renderPatroniYml(input), true, 'reload'),
      file('run-patroni.py', renderRunPatroni(), false, 'restart'),
    ]
  },
  units({ member: { paths }, facts }) {
    return [
      {
        name: 'patroni',
        argv: [
          '/usr/bin/python3',
          `${paths.config}/run-patroni.py`,
          facts.programs.patroni?.path ?? debianPath,
          `${paths.config}/patroni.yml`,
        ],
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
    return [facts.programs.patroni?.path ?? debianPath, '--validate-config', file.path]
  },
}
