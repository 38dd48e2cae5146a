import { doubledSecretGap, roleSecretId } from '../../secrets/secret.ts'
import type { Component, RenderedFile } from '../component.ts'
import { digestOf } from '../digest.ts'
import { poolerRole } from '../reserved-names.ts'
import { limitedRoles } from './limited-roles.ts'
import { renderPgbouncerIni } from './pgbouncer-ini.ts'
import { renderPoolerHba } from './pooler-hba.ts'

/**
 * The pooler: many clients over few sessions, and clients wait while there is no primary. It has no check of its
 * configuration (up to 1.26), so there is no validator; tests start it with every golden file.
 */
export const pgbouncer: Component = {
  name: 'pgbouncer',
  runsOn: ({ kind }) => kind === 'gateway',
  files(input) {
    const file = (name: string, contents: string, secret: boolean): RenderedFile => {
      const path = `${input.member.paths.config}/${name}`
      return {
        path,
        contents,
        mode: 0o600,
        owner: 'run-as',
        secret,
        digest: digestOf(path, contents),
        onChange: 'reload',
        unit: 'pgbouncer',
      }
    }
    return [
      file('pgbouncer.ini', renderPgbouncerIni(input), false),
      file('pgbouncer_hba.conf', renderPoolerHba(input), false),
      file(
        'userlist.txt',
        // the one who looks passwords up, and whom PgBouncer does not look up because it limits them
        [poolerRole, ...limitedRoles(input.topology.spec).map(({ role }) => role)]
          .map((role) => `"${role}" "${doubledSecretGap(roleSecretId(role))}"\n`)
          .join(''),
        true,
      ),
    ]
  },
  units({ member: { paths }, facts }) {
    return [
      {
        name: 'pgbouncer',
        argv: [facts.programs.pgbouncer?.path ?? '/usr/sbin/pgbouncer', `${paths.config}/pgbouncer.ini`],
        env: { HOME: facts.runAs.home, PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' },
        workingDirectory: paths.state,
        user: 'run-as',
        after: [],
        // SIGINT lets open transactions end, for as long as they take (PgBouncer usage, "Signals").
        stop: { signal: 'SIGINT', timeoutSeconds: 10, thenSignal: 'SIGKILL' },
        reload: { signal: 'SIGHUP' },
        logFile: `${paths.logs}/pgbouncer.log`,
      },
    ]
  },
}
