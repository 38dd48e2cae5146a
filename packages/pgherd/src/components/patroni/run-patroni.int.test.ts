import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { renderRunPatroni } from './run-patroni-py.ts'

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'pgy-'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** What the launcher prints, started by Debian's Python as the unit starts it. */
function launched(argv: readonly string[], options: readonly string[] = []): string {
  const file = join(directory, 'run-patroni.py')
  writeFileSync(file, renderRunPatroni())
  return execFileSync('/usr/bin/python3', [...options, file, ...argv], { encoding: 'utf8' }).trim()
}

test('the installed Patroni starts by it, with its arguments', () => {
  const version = execFileSync('/usr/bin/patroni', ['--version'], { encoding: 'utf8' }).trim()
  expect(version).toMatch(/^patroni \d/)
  expect(launched(['/usr/bin/patroni', '--version'])).toBe(version)
})

test('the installed Patroni looks for the end of its PostgreSQL as often as it is told', () => {
  const program = join(directory, 'program.py')
  writeFileSync(
    program,
    `import inspect, sys
from patroni import postgresql
print(postgresql.STOP_POLLING_INTERVAL, sys.argv[1:], 'STOP_POLLING_INTERVAL' in inspect.getsource(postgresql.Postgresql._do_stop))`,
  )
  expect(launched([program, 'patroni.yml'])).toBe("0.1 ['patroni.yml'] True")
})

test('a Patroni of another Python is started as it is', () => {
  expect(launched(['/bin/echo', 'patroni.yml'], ['-S'])).toBe('patroni.yml')
})
