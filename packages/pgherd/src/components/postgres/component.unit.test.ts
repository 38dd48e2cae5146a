import { expect, test } from 'vitest'
import type { SpecInput } from '../../spec/schema.ts'
import { GB } from '../../tuning/size-text.ts'
import { factsOf } from '../../tuning/testdata/facts.ts'
import { digestOf } from '../digest.ts'
import { postgres } from './component.ts'
import { renderInputOf } from './rendered-server.testkit.ts'
import { settingsInFile } from './settings-file.ts'

const quickstart: SpecInput = {
  name: 'quickstart',
  databases: { app: { owner: 'app' } },
  roles: { app: { access: 'owner' } },
}

/** The shape of the jeex system (systems.md, J1 to J17). */
const jeex: SpecInput = {
  name: 'jeex',
  postgres: { memory: '1GB', cpus: 2, workload: 'web', connections: 40, listen: ['127.0.0.1', '10.20.0.5'] },
  databases: {
    jeex_idea: {
      owner: 'jeex_admin',
      extensions: ['uuid-ossp', 'pg_stat_statements', 'pg_trgm', 'pgcrypto'],
    },
  },
  roles: {
    jeex_admin: { access: 'owner' },
    jeex_user: { access: 'readwrite', connectionLimit: 30, settings: { idle_session_timeout: '15min' } },
    jeex_readonly: {
      access: 'readonly',
      databases: ['jeex_idea'],
      settings: { idle_session_timeout: '15min' },
    },
    jeex_monitor: { access: 'monitor' },
  },
  network: { access: [{ from: ['10.20.0.0/16'], roles: ['jeex_user', 'jeex_readonly'] }] },
  backups: { synchronous: true, objectives: { rpo: '1min', rto: '30min' } },
}

const placement = { state: '/srv/pgherd/state', sockets: '/run/pgherd' }
const machines = {
  15: factsOf({
    cpus: 4,
    memoryBytes: 4 * GB,
    postgres: { major: 15, version: '15.18', bin: '/usr/lib/postgresql/15/bin' },
  }),
  18: factsOf({
    cpus: 4,
    memoryBytes: 4 * GB,
    postgres: { flavour: 'embedded', bin: '/opt/pgherd/postgres/bin' },
  }),
}

test.each([
  ['quickstart', quickstart, 15],
  ['quickstart', quickstart, 18],
  ['jeex', jeex, 15],
  ['jeex', jeex, 18],
] as const)(
  '%s on PostgreSQL %3$s renders the golden files (look at the difference, then vitest -u)',
  async (name, spec, major) => {
    for (const { path, contents } of postgres.files(renderInputOf(spec, machines[major], placement))) {
      await expect(contents).toMatchFileSnapshot(
        `./testdata/${name}-${major}/${path.slice(path.lastIndexOf('/') + 1)}`,
      )
    }
  },
)

test('files belong to the server, and comments do not count as a change', () => {
  const files = postgres.files(renderInputOf(jeex, machines[18], placement))
  expect(files.map(({ path, mode, owner, onChange, unit }) => [path, mode, owner, onChange, unit])).toEqual(
    ['postgresql.conf', 'pg_hba.conf', 'pg_ident.conf'].map((name) => [
      `/srv/pgherd/state/config/${name}`,
      0o600,
      'run-as',
      'reload',
      'postgres',
    ]),
  )
  for (const { path, contents, digest } of files) {
    expect(digestOf(path, `# read me\n\n${contents}`)).toBe(digest)
    expect(digestOf(path, contents.replace(/^#.*\n/gm, ''))).toBe(digest)
    const lines = contents.split('\n')
    const last = lines.findLastIndex((line) => line !== '' && !line.startsWith('#'))
    expect(digestOf(path, lines.toSpliced(last, 1).join('\n'))).not.toBe(digest)
  }
})

test('no text of the spec becomes a line of its own', () => {
  const spec: SpecInput = {
    ...quickstart,
    postgres: { settings: { application_name: "x'\nfsync = off\n#", search_path: '\\' } },
  }
  const [file] = postgres.files(renderInputOf(spec, machines[18], placement))
  const settings = settingsInFile(file?.contents ?? '')
  expect(settings.get('fsync')).toBe('on')
  expect(settings.get('application_name')).toBe("x'\nfsync = off\n#")
})

test('the unit starts the server as the run-as user, with nothing but its configuration', () => {
  const [unit] = postgres.units(renderInputOf(quickstart, machines[18], placement))
  expect(unit).toMatchObject({
    argv: [
      '/opt/pgherd/postgres/bin/postgres',
      '-D',
      '/srv/pgherd/state/data',
      '-c',
      'config_file=/srv/pgherd/state/config/postgresql.conf',
    ],
    user: 'run-as',
    stop: { signal: 'SIGINT', timeoutSeconds: 60, thenSignal: 'SIGQUIT' },
    reload: { signal: 'SIGHUP' },
  })
  expect(Object.keys(unit?.env ?? {}).sort()).toEqual(['HOME', 'LC_ALL', 'PATH'])
})
