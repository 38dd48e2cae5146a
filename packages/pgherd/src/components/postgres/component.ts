import type { Component, RenderedFile } from '../component.ts'
import { digestOf } from '../digest.ts'
import { renderHba, renderIdent } from '../access/hba-file.ts'
import { hbaRows } from '../access/hba-rows.ts'
import { renderPostgresqlConf } from './postgresql-conf.ts'

/** The database server: its configuration, outside the data directory, and its unit. */
export const postgres: Component = {
  name: 'postgres',
  runsOn: ({ kind }) => kind === 'single',
  files(input) {
    const { topology, member, facts } = input
    // Reload, not restart: which settings wait for a restart is known by settings-file.ts and asked of the server.
    const file = (name: string, contents: string): RenderedFile => {
      const path = `${member.paths.config}/${name}`
      return {
        path,
        contents,
        mode: 0o600,
        owner: 'run-as',
        secret: false,
        digest: digestOf(path, contents),
        onChange: 'reload',
        unit: 'postgres',
      }
    }
    return [
      file('postgresql.conf', renderPostgresqlConf(input)),
      file('pg_hba.conf', renderHba(hbaRows(topology.spec), facts.postgres.major)),
      file('pg_ident.conf', renderIdent(facts)),
    ]
  },
  units({ member: { paths }, facts }) {
    return [
      {
        name: 'postgres',
        argv: [
          `${facts.postgres.bin}/postgres`,
          '-D',
          paths.data,
          '-c',
          `config_file=${paths.config}/postgresql.conf`,
        ],
        // LC_ALL: messages before the configuration is read are English too. No PG* variable decides anything.
        env: { HOME: facts.runAs.home, PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' },
        workingDirectory: paths.state,
        user: 'run-as',
        after: [],
        // Fast shutdown; after a minute the immediate one, which costs a crash recovery (server-shutdown.html).
        stop: { signal: 'SIGINT', timeoutSeconds: 60, thenSignal: 'SIGQUIT' },
        reload: { signal: 'SIGHUP' },
        logFile: `${paths.logs}/postgres.log`,
      },
    ]
  },
  /** Reads the file and prints one setting; exits with 1 when anything in it is wrong. */
  validator(file, { member, facts }) {
    if (!file.path.endsWith('/postgresql.conf')) return undefined
    return [
      `${facts.postgres.bin}/postgres`,
      '-C',
      'shared_buffers',
      '-D',
      member.paths.data,
      '-c',
      `config_file=${file.path}`,
    ]
  },
}
