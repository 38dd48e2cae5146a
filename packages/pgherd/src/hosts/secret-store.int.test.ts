import { lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync, existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import { findInvoker, findRunAs } from './local/accounts.ts'
import { SecretStore, type SecretStoreOptions } from './secret-store.ts'

const runAs = findRunAs(findInvoker())
const made: string[] = []
afterAll(() => {
  for (const directory of made) rmSync(directory, { recursive: true })
})

function makeStore(more: Partial<SecretStoreOptions> = {}) {
  const home = mkdtempSync(join(tmpdir(), 'secrets-'))
  made.push(home)
  const options = {
    directory: join(home, 'secrets'),
    runAs,
    baseDirectory: home,
    generateBackupKey: async () => 'AGE-SECRET-KEY-1TEST',
    backupsExist: () => false,
    env: {},
    ...more,
  }
  return { home, directory: options.directory, store: new SecretStore(options) }
}
const findingOf = async (work: () => Promise<unknown>) => {
  try {
    await work()
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics[0]
    throw error
  }
  throw new Error('nothing was thrown')
}
const generated = { generated: true } as const

test('a generated secret is made once and kept, closed to everybody but the run-as user', async () => {
  const { store, directory } = makeStore()
  const id = `role-${encodeURIComponent('o"brien/../ü')}`
  await store.provide(id, generated, 'password')
  const first = await store.read(id)
  expect(first).toMatch(/^[A-Za-z0-9_-]{32}$/)
  await store.provide(id, generated, 'password')
  expect(await store.read(id)).toBe(first)
  await store.provide('role-other', generated, 'password')
  expect(await store.read('role-other')).not.toBe(first)
  await store.provide('backup-key', generated, 'backup-key')
  expect(await store.read('backup-key')).toBe('AGE-SECRET-KEY-1TEST')
  expect(store.ids().sort()).toEqual(['backup-key', id, 'role-other'].sort())
  for (const name of readdirSync(directory))
    expect(lstatSync(join(directory, name))).toMatchObject({ mode: 0o100600, uid: runAs.uid })
  expect(lstatSync(directory)).toMatchObject({ mode: 0o40700, uid: runAs.uid })
})

test('env and file references are copied, followed when they change, and remembered when they are gone', async () => {
  const env: Record<string, string | undefined> = { APP_PASSWORD: 'from the environment' }
  const { store, home } = makeStore({ env })
  const byEnv = { id: 'role-app', reference: { env: 'APP_PASSWORD' } }
  await store.provide(byEnv.id, byEnv.reference, 'password')
  expect(await store.read('role-app')).toBe('from the environment')
  env['APP_PASSWORD'] = 'changed'
  expect(store.isCurrent(byEnv)).toBe(false)
  await store.provide(byEnv.id, byEnv.reference, 'password')
  expect(await store.read('role-app')).toBe('changed')
  env['APP_PASSWORD'] = undefined
  expect(store.isCurrent(byEnv)).toBe(true)
  await store.provide(byEnv.id, byEnv.reference, 'password')
  expect(await store.read('role-app')).toBe('changed')

  const byFile = { id: 'role-web', reference: { file: 'web.password' } }
  expect(await findingOf(() => store.provide(byFile.id, byFile.reference, 'password'))).toMatchObject({
    code: 'SECRET_UNAVAILABLE',
    detail: expect.stringContaining(`${home}/web.password cannot be read (ENOENT)`) as string,
  })
  writeFileSync(join(home, 'web.password'), '  spaces count \r\n')
  await store.provide(byFile.id, byFile.reference, 'password')
  expect(await store.read('role-web')).toBe('  spaces count ')
  writeFileSync(join(home, 'web.password'), '\n')
  expect(store.isCurrent(byFile)).toBe(true)
  expect(await findingOf(() => store.provide('role-new', { env: 'NOT_SET' }, 'password'))).toMatchObject({
    code: 'SECRET_UNAVAILABLE',
    detail: expect.stringContaining('the environment variable NOT_SET is not set') as string,
  })
})

test('the loss of a file says what it means', async () => {
  const { store, directory } = makeStore()
  await store.provide('role-o%22brien', generated, 'password')
  rmSync(join(directory, 'role-o%22brien'))
  const gone = await findingOf(() => store.read('role-o%22brien'))
  expect(gone).toMatchObject({ code: 'SECRET_GONE', mend: { kind: 'run', argv: ['pgherd', 'up'] } })
  expect(gone?.detail).toContain('a new password for the role "o"brien"')
  await store.provide('role-o%22brien', generated, 'password')
  expect(store.has('role-o%22brien')).toBe(true)
})

test('a lost backup key is never made anew while there are backups', async () => {
  let backups = false
  const { store, directory } = makeStore({ backupsExist: () => backups })
  const wanted = [{ id: 'backup-key', reference: generated }]
  expect(store.blocked(wanted)).toEqual([])
  await store.provide('backup-key', generated, 'backup-key')
  backups = true
  expect(store.blocked(wanted)).toEqual([])
  rmSync(join(directory, 'backup-key'))
  expect(store.blocked(wanted)).toMatchObject([{ code: 'BACKUP_KEY_GONE' }])
  expect(await findingOf(() => store.provide('backup-key', generated, 'backup-key'))).toMatchObject({
    code: 'BACKUP_KEY_GONE',
  })
  expect(await findingOf(() => store.read('backup-key'))).toMatchObject({ code: 'BACKUP_KEY_GONE' })
  expect(existsSync(join(directory, 'backup-key'))).toBe(false)
})

test('an id is never a path', async () => {
  const { store } = makeStore()
  for (const id of ['../up', '/etc/shadow', '', '.', 'a/b', 'role-\0'])
    expect(() => store.has(id)).toThrow(/not the id/)
})
