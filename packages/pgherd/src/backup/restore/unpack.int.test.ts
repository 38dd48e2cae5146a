import { createHash } from 'node:crypto'
import { lstat, mkdir, mkdtemp, readFile, readlink, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pack, type Header } from 'tar-stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { unprivilegedAccount } from '../../../../testbed/src/unprivileged.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic.ts'
import type { BackupRecord } from '../catalogue.ts'
import { openRepository } from '../repository/open-repository.ts'
import { openSealing } from '../sealing/registry.ts'
import type { Repository } from '../repository.ts'
import { unpackBackup } from './unpack.ts'

type Entry = readonly [Partial<Header> & { readonly name: string }, string?]

const runAs = { ...unprivilegedAccount(), home: '/tmp' }
const good: readonly Entry[] = [
  [{ name: 'base/', type: 'directory' }],
  [{ name: 'base/1' }, 'one'],
  [{ name: 'PG_VERSION' }, '18\n'],
  [{ name: 'large' }, 'x'.repeat(700_000)],
]

let root: string
let repository: Repository

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pgherd-unpack-'))
  const sealing = openSealing('none', '')
  repository = await openRepository({
    root: join(root, 'repository'),
    systemId: '7',
    name: 'test',
    sealing,
    owner: runAs,
  })
})
afterEach(() => rm(root, { recursive: true }))

async function tar(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack()
  for (const [header, content] of entries) archive.entry(header, content ?? '')
  archive.finalize()
  return buffer(Readable.from(archive))
}

function manifestOf(entries: readonly Entry[], prefix = ''): object[] {
  return entries
    .filter(([, content]) => content !== undefined)
    .map(([{ name }, content = '']) => {
      const checksum = createHash('sha256').update(content).digest('hex')
      return { Path: prefix + name, Size: content.length, 'Checksum-Algorithm': 'SHA256', Checksum: checksum }
    })
}

async function store(
  files: Readonly<Record<string, Buffer>>,
  tablespaces: BackupRecord['tablespaces'] = [],
): Promise<BackupRecord> {
  const id = '20261121T031735Z'
  const stored: BackupRecord['files'][number][] = []
  for (const [name, bytes] of Object.entries(files)) {
    stored.push(
      await repository.store(`base/${id}/${name}`, Readable.from([bytes]), { algorithm: 'zstd', level: 1 }),
    )
  }
  return { id, files: stored, tablespaces } as unknown as BackupRecord
}

async function unpack(
  entries: readonly Entry[],
  listed: readonly object[],
  change = (bytes: Buffer): Buffer => bytes,
): Promise<string> {
  const body = `{"Files": ${JSON.stringify(listed)},\n`
  const manifest = `${body}"Manifest-Checksum": "${createHash('sha256').update(body).digest('hex')}"}\n`
  const backup = await store({
    'base.tar': change(await tar(entries)),
    backup_manifest: Buffer.from(manifest),
  })
  const into = join(root, 'data')
  await mkdir(into)
  const options = {
    repository,
    backup,
    into,
    tablespaces: new Map(),
    runAs,
    onBytes: () => undefined,
  }
  await unpackBackup({ ...options, signal: new AbortController().signal })
  return into
}

const refusal = async (work: Promise<unknown>): Promise<string> => {
  const error: unknown = await work.catch((caught: unknown) => caught)
  if (!(error instanceof DiagnosticError))
    throw error instanceof Error ? error : new Error('nothing was refused')
  expect(error.diagnostics[0]?.code).toBe('RESTORE_BACKUP_DAMAGED')
  return error.message
}

test('files and directories come out private and belong to the run-as user', async () => {
  const into = await unpack(good, manifestOf(good))
  expect((await readdir(into)).sort()).toEqual(['PG_VERSION', 'base', 'large'])
  expect(await readFile(join(into, 'base/1'), 'utf8')).toBe('one')
  expect((await readFile(join(into, 'large'))).length).toBe(700_000)
  for (const [path, mode] of [
    ['base', 0o40700],
    ['base/1', 0o100600],
    ['large', 0o100600],
  ] as const) {
    expect(await lstat(join(into, path))).toMatchObject({ mode, uid: runAs.uid, gid: runAs.gid })
  }
})

test.each([
  ['a name that climbs out', [{ name: '../evil' }, 'x'], 'points outside'],
  ['an absolute name', [{ name: '/tmp/evil' }, 'x'], 'not a plain relative name'],
  ['a symbolic link', [{ name: 'base/link', type: 'symlink', linkname: '/etc' }], 'symlink'],
  ['a hard link', [{ name: 'base/link', type: 'link', linkname: 'PG_VERSION' }], 'is a link'],
  [
    'a file the manifest does not have',
    [{ name: 'base/extra' }, 'x'],
    '"base/extra" in it is not in the manifest',
  ],
  ['a file twice', [{ name: 'base/1' }, 'one'], '"base/1" in it is not in the manifest'],
] as const)('%s is refused', async (_, entry, message) => {
  expect(await refusal(unpack([...good, entry as Entry], manifestOf(good)))).toContain(message)
  expect((await readdir(root)).sort()).toEqual(['data', 'repository'])
})

test('missing, changed and cut off files are named, with the stored file', async () => {
  const listed = manifestOf([...good, [{ name: 'base/2' }, 'two']])
  const missing = await refusal(unpack(good, listed))
  expect(missing).toContain('base.tar')
  expect(missing).toContain('"base/2" of the manifest is not in it')
  await rm(join(root, 'data'), { recursive: true })
  const changed = good.map(([header, content]): Entry => [header, header.name === 'base/1' ? 'two' : content])
  expect(await refusal(unpack(changed, manifestOf(good)))).toContain(
    '"base/1" in it is not what the manifest says: its checksum differs',
  )
  await rm(join(root, 'data'), { recursive: true })
  expect(await refusal(unpack(good, manifestOf(good), (bytes) => bytes.subarray(0, 300_000)))).toContain(
    'base.tar',
  )
})

test('tablespaces go to their new place, and the map leads there and not to the live server', async () => {
  const place = join(root, 'space')
  const base: Entry[] = [
    ...good,
    [{ name: 'tablespace_map' }, '5 /live/space\n'],
    [{ name: 'pg_tblspc/', type: 'directory' }],
    [{ name: 'pg_tblspc/5', type: 'symlink', linkname: '/live/space' }],
  ]
  const space: Entry[] = [[{ name: 'PG_18/16384/1' }, 'row']]
  const body = `{"Files": ${JSON.stringify([...manifestOf(base), ...manifestOf(space, 'pg_tblspc/5/')])},\n`
  const manifest = `${body}"Manifest-Checksum": "${createHash('sha256').update(body).digest('hex')}"}\n`
  const backup = await store(
    { 'base.tar': await tar(base), '5.tar': await tar(space), backup_manifest: Buffer.from(manifest) },
    [{ oid: 5, location: '/live/space' }],
  )
  const into = join(root, 'data')
  await mkdir(into)
  const options = {
    repository,
    backup,
    into,
    tablespaces: new Map([[5, place]]),
    runAs,
    onBytes: () => undefined,
  }
  await unpackBackup({ ...options, signal: new AbortController().signal })
  expect(await readlink(join(into, 'pg_tblspc/5'))).toBe(place)
  expect(await readFile(join(place, 'PG_18/16384/1'), 'utf8')).toBe('row')
  expect(await readFile(join(into, 'tablespace_map'), 'utf8')).toBe(`5 ${place}\n`)
})
