import { readFileSync, writeFileSync } from 'node:fs'
import { majors } from '@pgherd/testbed/postgres-programs.ts'
import { expect, test } from 'vitest'
import { gucOf } from '../../tuning/gucs/guc.ts'
import { readGucValue } from '../../tuning/gucs/guc-value.ts'
import { serverSettings } from '../server-settings.ts'
import { RenderedServer } from './rendered-server.testkit.ts'
import { quoteSetting, restartSettings, settingsInFile } from './settings-file.ts'

/** Over a socket there are no keepalives; lists and thresholds are compared below or not as text. */
const shownOtherwise = /^(tcp_keepalives_|pgherd[.]|datestyle$)/
const workloads = ['oltp', 'eventsourcing', 'dw', 'web'] as const

test.each(majors)(
  'PostgreSQL %i starts with the rendered files, takes every value and warns of nothing',
  async (major) => {
    await using server = await RenderedServer.start(major, {
      postgres: {
        workload: workloads[major - 15] ?? 'mixed',
        settings: { log_min_messages: 'warning', 'app.motto': "it's\\a\nb" },
      },
      roles: { app: { access: 'owner' } },
      databases: { shop: { owner: 'app' } },
      network: { access: [{ from: ['10.0.0.0/8', 'fd00::/8'] }] },
      backups: { synchronous: true },
    })

    const file = await server.sql('select name, setting, applied, error from pg_file_settings')
    expect(file.filter(({ applied, error }) => applied !== true || error !== null)).toEqual([])

    const running = new Map(
      (await server.sql('select name, setting from pg_settings')).map(({ name, setting }) => [
        String(name).toLowerCase(),
        String(setting),
      ]),
    )
    running.set(
      'app.motto',
      String((await server.sql(`select current_setting('app.motto') as motto`))[0]?.['motto']),
    )
    const settings = serverSettings(server.input)
    expect(settings.length).toBeGreaterThan(90)
    const canonical = (name: string, value: string) => {
      const guc = gucOf(name, major)
      const reading = guc && readGucValue(guc, value)
      return reading?.ok ? reading.canonical : value
    }
    for (const { name, value } of settings.filter(({ name }) => !shownOtherwise.test(name))) {
      expect([name, canonical(name, running.get(name) ?? '(unset)')]).toEqual([name, canonical(name, value)])
    }
    expect(await server.sql(`select current_setting('pgherd.connection_share') as share`)).toEqual([
      { share: '0.8' },
    ])

    const rules = await server.sql('select error from pg_hba_file_rules where error is not null')
    const idents =
      major >= 16 ? await server.sql('select error from pg_ident_file_mappings where error is not null') : []
    expect([...rules, ...idents]).toEqual([])

    expect(
      server
        .log()
        .split('\n')
        .filter(
          (line) =>
            /WARNING|ERROR|FATAL|PANIC|could not|invalid|obsolete/.test(line) &&
            !/the database system is (starting up|not yet accepting)/.test(line),
        ),
    ).toEqual([])
  },
)

test.each(majors)(
  'on PostgreSQL %i the reload signal applies a changed file, and only listed settings wait for a restart',
  async (major) => {
    await using server = await RenderedServer.start(major)
    const path = `${server.input.member.paths.config}/postgresql.conf`
    const before = readFileSync(path, 'utf8')
    const changes = {
      work_mem: '5MB',
      shared_buffers: '200MB',
      autovacuum_max_workers: '2',
      max_wal_size: '2GB',
      jit: 'on',
    }
    let after = before
    for (const [name, value] of Object.entries(changes))
      after = after.replace(new RegExp(`^${name} = .*$`, 'm'), `${name} = ${quoteSetting(value)}`)
    writeFileSync(path, after)
    await server.sql('select pg_reload_conf(), pg_sleep(0.3)')
    const pending = await server.sql('select name from pg_settings where pending_restart order by name')
    expect(restartSettings(settingsInFile(before), settingsInFile(after), major)).toEqual(
      pending.map(({ name }) => name),
    )
    expect(pending.length).toBe(major >= 18 ? 1 : 2)
  },
)
