import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { DiagnosticError } from '../../diagnostic/diagnostic.ts'
import { hostContract } from '../contract.testkit.ts'
import { makeSandbox } from './sandbox.testkit.ts'
import { makeCluster } from './cluster.testkit.ts'

hostContract('local', async () => {
  const sandbox = await makeSandbox()
  return {
    host: sandbox.host,
    member: sandbox.member,
    uids: { runAs: sandbox.runAs.uid, invoker: sandbox.invoker.uid },
    unit: (name, argv) => sandbox.unit(name, argv),
    serve: async () => sandbox.host.startUnit(await makeCluster(sandbox)),
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  }
})

const findingOf = async (work: Promise<unknown>): Promise<{ code: string; detail: string }> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof DiagnosticError) || !error.diagnostics[0])
    throw new Error(`no finding but ${String(error)}`)
  return error.diagnostics[0]
}

test('nothing is removed through a symbolic link', async () => {
  await using sandbox = await makeSandbox()
  await using outside = await makeSandbox()
  const { state } = sandbox.member.paths
  const precious = join(outside.member.paths.state, 'precious')
  mkdirSync(precious)
  writeFileSync(join(precious, 'data'), 'kept')
  symlinkSync(precious, join(state, 'link'))
  expect(await findingOf(sandbox.host.removeOwned(join(state, 'link', 'data')))).toMatchObject({
    code: 'PATH_OUTSIDE_STATE',
  })
  mkdirSync(join(state, 'tree'))
  symlinkSync(precious, join(state, 'tree', 'inner'))
  await sandbox.host.removeOwned(join(state, 'tree'))
  await sandbox.host.removeOwned(join(state, 'link'))
  expect(readFileSync(join(precious, 'data'), 'utf8')).toBe('kept')
  expect(readdirSync(state)).not.toContain('link')
})

test('a full disk leaves the old file and says what to do', async () => {
  await using sandbox = await makeSandbox()
  // /dev/full refuses every write with ENOSPC (full(4)): the same error as a full volume gives
  symlinkSync('/dev/full', join(sandbox.member.paths.state, 'full'))
  const { asFileFinding } = await import('../file-error.ts')
  let error: unknown
  try {
    writeFileSync(join(sandbox.member.paths.state, 'full'), 'x')
  } catch (reason) {
    error = asFileFinding(reason, 'write', '/volume/file')
  }
  expect(error).toBeInstanceOf(DiagnosticError)
  expect((error as DiagnosticError).diagnostics).toMatchObject([
    { code: 'DISK_FULL', mend: { kind: 'run', argv: ['df', '-h', '/volume'] } },
  ])
})

test('a password verifier reaches neither the log, nor a view, nor an error', async () => {
  await using sandbox = await makeSandbox()
  const logged = {
    log_statement: 'all',
    log_min_duration_statement: '0',
    log_min_error_statement: 'debug5',
    shared_preload_libraries: 'pg_stat_statements',
  }
  await sandbox.host.startUnit(await makeCluster(sandbox, logged))
  const verifier =
    'SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0c2FsdA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA='
  await sandbox.host.sql('postgres', [
    { text: 'create extension pg_stat_statements schema public' },
    { text: `create role app login password '${verifier}'` },
  ])
  const refused = await findingOf(
    sandbox.host.sql('postgres', [{ text: `alter role nobody_there password '${verifier}'` }]),
  )
  expect(refused).toMatchObject({ code: 'SQL_REFUSED' })
  expect(refused.detail).toContain('nobody_there')
  const broken = await findingOf(
    sandbox.host.sql('postgres', [{ text: `alter role app pasword '${verifier}'` }]),
  )
  expect(`${refused.detail}${broken.detail}`).not.toMatch(/4096:|BBBB/)
  const log = readFileSync(join(sandbox.member.paths.logs, 'postgres.log'), 'utf8')
  expect(log).toContain('ready to accept connections')
  expect(log).not.toMatch(/SCRAM-SHA-256|BBBB/)
  const seen = await sandbox.host.probe({
    kind: 'sql',
    database: 'postgres',
    text: "select coalesce(string_agg(query, ' '), '') as all from public.pg_stat_statements",
    parse: ([row]) => String(row?.['all']),
  })
  expect(seen).not.toContain('SCRAM')
  const stored = await sandbox.host.probe({
    kind: 'sql',
    database: 'postgres',
    text: "select rolpassword as p from pg_authid where rolname = 'app'",
    parse: ([row]) => row?.['p'],
  })
  expect(stored).toBe(verifier)
})

test('a question that is being answered is not broken by a change that comes meanwhile', async () => {
  await using sandbox = await makeSandbox()
  await sandbox.host.startUnit(await makeCluster(sandbox))
  const asked = Array.from({ length: 5 }, async () =>
    sandbox.host.probe({
      kind: 'sql',
      database: 'postgres',
      text: 'select 1 as one from pg_sleep(0.1)',
      parse: ([row]) => row?.['one'],
    }),
  )
  const changed = Array.from({ length: 5 }, async (_, n) => {
    await pause(n * 50)
    await sandbox.host.sql('postgres', [{ text: 'select pg_reload_conf()' }])
  })
  expect(await Promise.all(asked)).toEqual([1, 1, 1, 1, 1])
  await Promise.all(changed)
})

test('a server that cannot start says why, with the end of its log', async () => {
  await using sandbox = await makeSandbox()
  const unit = await makeCluster(sandbox, { max_connections: 'many' })
  const finding = await findingOf(sandbox.host.startUnit(unit))
  expect(finding).toMatchObject({ code: 'UNIT_NOT_STARTED' })
  expect(finding.detail).toMatch(
    /postgres exited with code 1[\s\S]*invalid value for parameter "max_connections": "many"/,
  )
  expect(await sandbox.host.units()).toMatchObject([{ name: 'postgres', state: 'backing-off' }])
})
