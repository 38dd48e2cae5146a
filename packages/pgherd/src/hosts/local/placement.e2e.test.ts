import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { DiagnosticError } from '../../diagnostic/diagnostic.ts'
import { createSystemAccount, ensureRunAsAccount, findInvoker, findRunAs, lookUp } from './accounts.ts'
import { findPlacement, preparePlacement } from './placement.ts'
import { reachableBy } from './reachable.ts'
import { execFileSync } from 'node:child_process'

const invoker = findInvoker()
const runAs = findRunAs(invoker)
const asRoot = invoker.uid === 0
const home = mkdtempSync(join(tmpdir(), 'place-'))
chmodSync(home, 0o755)
const states = new Set<string>()
afterAll(() => {
  rmSync(home, { recursive: true })
  for (const state of states) rmSync(state, { recursive: true, force: true })
})
const findingOf = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics[0]
    throw error
  }
  throw new Error('nothing was thrown')
}
const place = (directory: string, more = {}) =>
  findPlacement({ specFile: join(directory, 'pgherd.yaml'), name: 'shop', runAs, invoker, ...more })

test('state lies beside the spec, or where --state says', () => {
  const found = place(home)
  expect(found).toMatchObject({
    state: join(home, '.pgherd', 'shop'),
    linked: false,
    sockets: join(home, '.pgherd', 'shop', 'run', 's'),
  })
  expect(existsSync(found.state)).toBe(false)
  preparePlacement(found)
  expect(lstatSync(found.state)).toMatchObject({ uid: invoker.uid, mode: 0o40755 })
  writeFileSync(join(found.state, 'something'), '')
  expect(place(home)).toEqual(found)
  expect(place(home, { state: join(home, 'elsewhere') }).state).toBe(join(home, 'elsewhere'))
})

test('sockets go to /tmp when the path is longer than the kernel allows', () => {
  const deep = join(home, 'd'.repeat(60))
  const limit = 107 - '/run/s/pg99/.s.PGSQL.65535'.length
  const exact = join(deep, 'x'.repeat(limit - deep.length - 1))
  expect(place(home, { state: exact }).sockets).toBe(join(exact, 'run', 's'))
  const long = `${exact}y`
  expect(place(home, { state: long }).sockets).toMatch(new RegExp(`^/tmp/pgherd-${runAs.uid}-[0-9a-f]{12}$`))
  expect(place(home, { state: `${long}z` }).sockets).not.toBe(place(home, { state: long }).sockets)
})

test('something else in the place of the state is refused', () => {
  const directory = mkdtempSync(join(home, 'odd-'))
  chmodSync(directory, 0o755)
  mkdirSync(join(directory, '.pgherd'))
  writeFileSync(join(directory, '.pgherd', 'shop'), '')
  expect(findingOf(() => place(directory))).toMatchObject({ code: 'PATH_IN_THE_WAY' })
  rmSync(join(directory, '.pgherd', 'shop'))
  symlinkSync('/nowhere/at/all', join(directory, '.pgherd', 'shop'))
  expect(findingOf(() => place(directory))).toMatchObject({
    code: 'PATH_IN_THE_WAY',
    detail: expect.stringContaining('is gone') as string,
  })
})

test('below a directory of mode 0700 root keeps state in /var/lib/pgherd and links to it', () => {
  const closed = mkdtempSync(join(home, 'closed-'))
  expect(reachableBy(closed, { ...runAs, uid: -1, gid: -1 })).toBe(!asRoot)
  const found = place(closed)
  if (!asRoot) {
    // an ordinary user reaches what is their own
    expect(found).toMatchObject({ state: join(closed, '.pgherd', 'shop'), linked: false })
    return
  }
  expect(reachableBy(closed, runAs)).toBe(false)
  expect(found.state).toMatch(/^\/var\/lib\/pgherd\/shop-[0-9a-f]{12}$/)
  states.add(found.state)
  expect(existsSync(found.state)).toBe(false)
  preparePlacement(found)
  expect(readlinkSync(join(closed, '.pgherd', 'shop'))).toBe(found.state)
  expect(reachableBy(found.state, runAs)).toBe(true)
  writeFileSync(join(found.state, 'kept'), '')
  expect(place(closed)).toEqual(found)
  preparePlacement(place(closed))
  // opened up later, the link still leads there
  chmodSync(closed, 0o755)
  expect(place(closed)).toEqual(found)
  // a link that somebody else made decides nothing
  const other = mkdtempSync(join(home, 'other-'))
  mkdirSync(join(other, '.pgherd'))
  symlinkSync(found.state, join(other, '.pgherd', 'shop'))
  execFileSync('chown', ['-h', String(runAs.uid), join(other, '.pgherd', 'shop')])
  expect(findingOf(() => place(other))).toMatchObject({ code: 'PATH_NOT_OURS' })
})

test('state that another user started is not carried on', () => {
  if (!asRoot) {
    expect(findingOf(() => place(home, { invoker: { ...invoker, uid: invoker.uid + 1 } }))).toMatchObject({
      code: 'PATH_NOT_OURS',
    })
    return
  }
  const state = join(home, 'of-another')
  mkdirSync(join(state, 'data'), { recursive: true })
  chownSync(state, runAs.uid, runAs.gid)
  expect(findingOf(() => place(home, { state }))).toMatchObject({
    code: 'PATH_NOT_OURS',
    detail: expect.stringContaining(`belongs to user id ${runAs.uid}`) as string,
  })
})

test('the account PostgreSQL runs as: the invoker, postgres for root; a missing one is made only on request', () => {
  expect(ensureRunAsAccount(invoker)).toEqual(runAs)
  expect(findRunAs({ name: 'app', uid: 1234, gid: 1234, home: '/home/app' })).toEqual({
    name: 'app',
    uid: 1234,
    gid: 1234,
    home: '/home/app',
  })
  expect(lookUp('no-such-account-of-pgherd')).toBeUndefined()
  expect(lookUp('root')).toEqual({ name: 'root', uid: 0, gid: 0, home: '/root' })
  if (!asRoot) {
    expect(findingOf(() => createSystemAccount('pgherd-test-account', '/nonexistent'))).toMatchObject({
      code: 'ACCOUNT_MISSING',
    })
    return
  }
  try {
    const made = createSystemAccount('pgherd-test-account', '/nonexistent')
    expect(made).toEqual(lookUp('pgherd-test-account'))
    expect(made.uid).toBeGreaterThan(0)
    expect(made.uid).toBeLessThan(1000)
  } finally {
    execFileSync('userdel', ['pgherd-test-account'], { stdio: 'ignore' })
  }
})
