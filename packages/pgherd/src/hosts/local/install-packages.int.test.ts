import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { specSchema } from '../../spec/schema.ts'
import { putAside } from './apt.ts'
import { installPackages, missingPackages, packagesMissing } from './install-packages.ts'

const spec = specSchema.parse({
  name: 'shop',
  topology: { members: 3 },
  redis: {},
  postgres: { version: 15, binaries: 'system' },
})
const policies = ['/usr/sbin/policy-rc.d', '/etc/postgresql-common/createcluster.conf']
const stamps = () => policies.map((path) => (existsSync(path) ? statSync(path).mtimeMs : undefined))

test('on the machine of these tests nothing is missing', () => {
  expect(missingPackages(spec)).toEqual([])
})

test('what is missing is a finding with the command that mends it', () => {
  expect(packagesMissing(['patroni'], true)).toMatchObject({
    code: 'PACKAGES_MISSING',
    mend: { kind: 'run', argv: ['pgherd', 'up', '--install'] },
  })
  expect(packagesMissing(['patroni', 'haproxy'], false).mend).toEqual({
    kind: 'run',
    argv: ['sudo', 'apt-get', 'install', '--no-install-recommends', '--yes', 'patroni', 'haproxy'],
  })
})

test('root installs without changing what the machine says about services; anybody else is told the command', async () => {
  const before = stamps()
  if (process.geteuid?.() !== 0) {
    await expect(installPackages(['haproxy'])).rejects.toThrow('PACKAGES_MISSING')
    return
  }
  await installPackages(['haproxy', 'python3-idna'])
  expect(stamps()).toEqual(before)
  await expect(installPackages(['pgherd-there-is-no-such-package'])).rejects.toThrow(
    /PACKAGES_NOT_INSTALLED.*no-such-package/s,
  )
  expect(stamps()).toEqual(before)
})

test('a file that is put aside for the time being leaves no trace, and one of somebody else stays', () => {
  const directory = mkdtempSync(join(tmpdir(), 'pgi-'))
  const path = join(directory, 'new', 'policy')
  const undo = putAside(path, 'ours', 0o755)
  expect(statSync(path).mode & 0o777).toBe(0o755)
  undo()
  expect(existsSync(path)).toBe(false)
  const again = putAside(path, 'ours', 0o644)
  writeFileSync(path, 'changed meanwhile')
  again()
  putAside(path, 'ours', 0o644)()
  expect(readFileSync(path, 'utf8')).toBe('changed meanwhile')
  rmSync(directory, { recursive: true })
})
