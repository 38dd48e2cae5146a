import { spawn } from 'node:child_process'
import { chmodSync, chownSync, lstatSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { DiagnosticError } from '../../diagnostic/diagnostic.ts'
import { findInvoker, findRunAs } from './accounts.ts'
import { acquireLock, holderAtWork, readHolder, requireLock } from './lock.ts'

const directory = mkdtempSync(join(tmpdir(), 'lock-'))
afterAll(() => rmSync(directory, { recursive: true }))

/** Another process that takes the lock and holds it until it is killed. */
async function holderElsewhere(path: string): Promise<{ pid: number; kill: () => Promise<void> }> {
  const module = pathToFileURL(join(import.meta.dirname, 'lock.ts')).href
  const script = `const { acquireLock } = await import(${JSON.stringify(module)}); acquireLock(${JSON.stringify(path)}, 'pgherd up'); globalThis.gc(); console.log('held'); setInterval(() => undefined, 1000)`
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return {
    pid: child.pid ?? 0,
    async kill() {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await gone
    },
  }
}

test('one process holds a lock; kill -9 releases it', async () => {
  const path = join(directory, 'up.lock')
  const other = await holderElsewhere(path)
  expect(acquireLock(path, 'pgherd backup')).toBeUndefined()
  expect(readHolder(path)).toMatchObject({ pid: other.pid, purpose: 'pgherd up' })
  expect(holderAtWork(path)).toMatchObject({ pid: other.pid, purpose: 'pgherd up' })
  try {
    requireLock(path, 'pgherd backup')
    throw new Error('the lock was given twice')
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    expect(error.exitCode).toBe(3)
    expect(error.diagnostics).toMatchObject([{ code: 'LOCKED' }])
    expect(error.diagnostics[0]?.detail).toMatch(
      new RegExp(`^pgherd up \\(pid ${other.pid}\\) is at work since 20\\d\\d-`),
    )
  }
  await other.kill()
  expect(readHolder(path)).toMatchObject({ pid: other.pid })
  expect(holderAtWork(path)).toBeUndefined()
  using lock = acquireLock(path, 'pgherd backup')
  expect(lock).toBeDefined()
  expect(readHolder(path)).toMatchObject({ pid: process.pid, purpose: 'pgherd backup' })
})

test('within one process a lock is held once, and can be taken again after its release', () => {
  const path = join(directory, 'twice.lock')
  const first = acquireLock(path, 'one')
  expect(acquireLock(path, 'two')).toBeUndefined()
  first?.release()
  first?.release()
  using second = acquireLock(path, 'three')
  expect(second).toBeDefined()
  expect(acquireLock(path, 'four')).toBeUndefined()
})

test('a lock file belongs to the owner of its directory, so that root and the run-as user exclude each other', () => {
  const runAs = findRunAs(findInvoker())
  const shared = mkdtempSync(join(directory, 'shared-'))
  chmodSync(shared, 0o700)
  if (process.geteuid?.() === 0) chownSync(shared, runAs.uid, runAs.gid)
  using _lock = requireLock(join(shared, 'a.lock'), 'test')
  expect(lstatSync(join(shared, 'a.lock')).uid).toBe(runAs.uid)
})

test('a lock is not made through a symbolic link, nor in a directory that is not there', () => {
  const target = join(directory, 'target')
  symlinkSync(target, join(directory, 'link.lock'))
  expect(() => acquireLock(join(directory, 'link.lock'), 'test')).toThrow(/no regular file/)
  expect(() => lstatSync(target)).toThrow()
  expect(() => acquireLock(join(directory, 'absent', 'a.lock'), 'test')).toThrow(DiagnosticError)
})
