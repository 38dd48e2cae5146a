import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { programsOf } from '../../../../testbed/src/postgres-programs.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic.ts'
import { spawnIdentity } from '../run-as.ts'
import { findInvoker, findRunAs } from './accounts.ts'
import { findPostgres } from './binaries.ts'
import { findEmbeddedPackage, missingLinks } from './embedded-package.ts'
import { installCommand } from './install-command.ts'
import { probeIoUring, startsWith } from './io-uring.ts'

const invoker = findInvoker()
const runAs = findRunAs(invoker)
const home = mkdtempSync(join(tmpdir(), 'binaries-'))
chmodSync(home, 0o755)
const copies = new Set<string>()
afterAll(() => {
  rmSync(home, { recursive: true })
  for (const copy of copies) rmSync(copy, { recursive: true, force: true })
})
const options = { runAs, state: home, prepare: false }
const findingOf = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics[0]
    throw error
  }
  throw new Error('nothing was thrown')
}

test('the embedded programs are found and run as the run-as user', () => {
  const found = findPostgres({ version: 18, binaries: 'embedded' }, { ...options, prepare: true })
  expect(found).toMatchObject({ flavour: 'embedded', major: 18 })
  expect(
    execFileSync(join(found.bin, 'postgres'), ['--version'], { encoding: 'utf8', ...spawnIdentity(runAs) }),
  ).toContain(`(PostgreSQL) ${found.version}`)
  expect(found.extensions).toEqual(expect.arrayContaining(['amcheck', 'pgcrypto', 'uuid-ossp', 'pg_trgm']))
  expect(found.extensions.every((name) => !name.includes('--'))).toBe(true)
  // psql and pgbench of any installation serve; server programs of another version would not
  expect(found.tools['psql']).toMatch(/\/psql$/)
  expect(found.tools['pg_basebackup']).toBeUndefined()
})

test('the programs of the system and of a directory are described by what they print', () => {
  const system = findPostgres({ version: 15, binaries: 'system' }, options)
  expect(system).toMatchObject({
    flavour: 'system',
    major: 15,
    bin: '/usr/lib/postgresql/15/bin',
    version: expect.stringMatching(/^15\.\d+$/) as string,
  })
  expect(Object.keys(system.tools)).toEqual(
    expect.arrayContaining(['psql', 'pgbench', 'pg_verifybackup', 'pg_basebackup', 'pg_dump']),
  )
  expect(system.tools['psql']).toBe('/usr/lib/postgresql/15/bin/psql')
  expect(system.extensions).toContain('pg_stat_statements')
  const bin = programsOf(17)
  expect(findPostgres({ version: 17, binaries: { path: bin } }, options)).toMatchObject({
    flavour: 'path',
    major: 17,
    bin,
    extensions: expect.arrayContaining(['hstore']) as string[],
  })
})

test('what is missing or of another version is refused with the mend', () => {
  expect(findingOf(() => findPostgres({ version: 16, binaries: 'embedded' }, options))).toMatchObject({
    code: 'POSTGRES_WRONG_VERSION',
    mend: { kind: 'edit', path: 'postgres.binaries', to: 'system' },
  })
  expect(
    findingOf(() => findPostgres({ version: 16, binaries: { path: programsOf(17) } }, options)),
  ).toMatchObject({
    code: 'POSTGRES_WRONG_VERSION',
    mend: { kind: 'edit', path: 'postgres.version', to: 17 },
  })
  expect(findingOf(() => findPostgres({ version: 18, binaries: 'system' }, options))).toMatchObject({
    code: 'POSTGRES_MISSING',
    mend: { argv: ['apt-get', 'install', 'postgresql-18'] },
  })
  expect(
    findingOf(() => findPostgres({ version: 18, binaries: { path: '/nowhere' } }, options)),
  ).toMatchObject({ code: 'POSTGRES_MISSING' })
  const fake = join(home, 'fake')
  mkdirSync(fake)
  for (const name of ['postgres', 'initdb'])
    writeFileSync(join(fake, name), '#!/bin/sh\necho broken; exit 1\n', { mode: 0o755 })
  expect(findingOf(() => findPostgres({ version: 18, binaries: { path: fake } }, options))).toMatchObject({
    code: 'POSTGRES_MISSING',
    detail: expect.stringContaining('does not run') as string,
  })
})

test('the install command fits the system', () => {
  const on = (text: string) => {
    writeFileSync(join(home, 'os-release'), text)
    return installCommand(17, join(home, 'os-release'))
  }
  expect(on('NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n')).toEqual(['apt-get', 'install', 'postgresql-17'])
  expect(on('ID="almalinux"\nID_LIKE="rhel centos fedora"\n')).toEqual([
    'dnf',
    'install',
    'postgresql17-server',
    'postgresql17-contrib',
  ])
  expect(on('ID=alpine\n')).toEqual(['apk', 'add', 'postgresql17', 'postgresql17-contrib'])
})

test('links that npm left out are made; a package that cannot be reached is copied once', () => {
  const source = findEmbeddedPackage()
  // as npm unpacks it when it blocks the postinstall: without any symbolic link, here below a directory of mode 0700
  const closed = join(home, 'closed')
  const root = join(closed, 'package')
  mkdirSync(closed)
  cpSync(source.native, join(root, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !lstatSync(path).isSymbolicLink(),
  })
  const version = `${source.version}99`
  const embedded = { root, native: join(root, 'native'), version }
  const wanted = { version: 18, binaries: 'embedded' } as const
  expect(missingLinks(root).length).toBeGreaterThan(10)

  const linked = findPostgres(wanted, { ...options, prepare: true, embedded })
  expect(linked.bin).toBe(join(root, 'native', 'bin'))
  expect(missingLinks(root)).toEqual([])

  chmodSync(closed, 0o700)
  const asRoot = invoker.uid === 0
  // only root has another user that could be shut out; an ordinary user cannot write to a read-only package
  if (!asRoot) {
    for (const link of readdirSync(join(root, 'native', 'lib')))
      if (lstatSync(join(root, 'native', 'lib', link)).isSymbolicLink())
        rmSync(join(root, 'native', 'lib', link))
    chmodSync(join(root, 'native', 'lib'), 0o555)
  }
  const target = join(asRoot ? '/var/lib/pgherd' : join(home, 'runtime'), `postgresql-${version}`)
  copies.add(target)
  const planned = findPostgres(wanted, { ...options, embedded })
  expect(planned.bin).toBe(join(target, 'native', 'bin'))
  expect(existsSync(target)).toBe(false)
  const copied = findPostgres(wanted, { ...options, prepare: true, embedded })
  expect(copied).toMatchObject({ bin: planned.bin, extensions: planned.extensions })
  expect(
    execFileSync(join(copied.bin, 'postgres'), ['--version'], { encoding: 'utf8', ...spawnIdentity(runAs) }),
  ).toContain(`(PostgreSQL) ${source.version}`)
  expect(missingLinks(target)).toEqual([])
  const before = lstatSync(target).ino
  findPostgres(wanted, { ...options, prepare: true, embedded })
  expect(lstatSync(target).ino).toBe(before)
  expect(readdirSync(join(target, '..')).filter((name) => name.endsWith('.tmp'))).toEqual([])
  chmodSync(target, 0o777)
  expect(findingOf(() => findPostgres(wanted, { ...options, prepare: true, embedded }))).toMatchObject({
    code: 'PATH_NOT_OURS',
  })
  if (!asRoot) chmodSync(join(root, 'native', 'lib'), 0o755)
})

test('the probe of io_uring asks a real server: this build has none, its own default starts', async () => {
  const postgres = findPostgres({ version: 18, binaries: 'embedded' }, { ...options, prepare: true })
  expect(await probeIoUring(postgres, runAs, 100)).toBe(false)
  expect(await startsWith(postgres, runAs, ['io_method=worker', 'max_connections=100'])).toBe(true)
  expect(await startsWith(postgres, runAs, ['io_method=io_uring'])).toBe(false)
  // it gets as far as the shared memory, where the rings are made: one that does not fit is refused
  expect(
    await startsWith(postgres, runAs, ['shared_memory_type=mmap', 'huge_pages=on', 'shared_buffers=100TB']),
  ).toBe(false)
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith('pgherd-probe-'))).toEqual([])
})
