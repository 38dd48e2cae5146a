import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFile,
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { openSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { extract } from 'tar-stream'
import { freePort } from '../../../testbed/src/free-port.ts'
import type { ThrowawayServer } from '../../../testbed/src/throwaway-server.ts'
import { unprivilegedAccount } from '../../../testbed/src/unprivileged.ts'
import type { BackupRecord } from '../../src/backup/catalogue.ts'
import type { Repository } from '../../src/backup/repository.ts'

/** Everything of an archive name, in memory. */
export async function contents(repository: Repository, name: string): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of (await repository.open(name)) as AsyncIterable<Buffer>) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** Unpacks a base backup as `tar` would; tablespaces go below `<directory>/../tablespaces`. */
export async function unpackBackup(
  repository: Repository,
  record: BackupRecord,
  directory: string,
): Promise<void> {
  await unpack(repository, `base/${record.id}/base.tar`, directory)
  for (const { oid } of record.tablespaces) {
    const target = join(dirname(directory), 'tablespaces', String(oid))
    await unpack(repository, `base/${record.id}/${oid}.tar`, target)
    await symlink(target, join(directory, 'pg_tblspc', String(oid)))
  }
  await writeFile(
    join(directory, 'backup_manifest'),
    await contents(repository, `base/${record.id}/backup_manifest`),
  )
}

async function unpack(repository: Repository, name: string, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const reader = extract()
  const reading = pipeline(await repository.open(name), reader)
  for await (const entry of reader) {
    const { name: path, type, mode } = entry.header
    const target = join(directory, path)
    if (type === 'directory') {
      await mkdir(target, { recursive: true, mode: 0o700 })
      entry.resume()
      continue
    }
    const pieces: Buffer[] = []
    for await (const piece of entry as AsyncIterable<Buffer>) pieces.push(piece)
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    await writeFile(target, Buffer.concat(pieces), { mode: mode ?? 0o600 })
  }
  await reading
}

/** Puts every archived WAL file into a directory under the name recovery asks for; the newest partial filled up with zeros. */
export async function unpackWal(
  repository: Repository,
  directory: string,
  segmentBytes: number,
): Promise<void> {
  await mkdir(directory, { recursive: true })
  const { segments, partial, histories } = await repository.wal()
  for (const name of [...segments.values()].flat()) {
    await writeFile(join(directory, name), await contents(repository, `wal/${name.slice(0, 8)}/${name}`))
  }
  for (const timeline of histories) {
    const name = `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`
    await writeFile(join(directory, name), await contents(repository, `wal/${name}`))
  }
  if (!partial) return
  const whole = Buffer.alloc(segmentBytes)
  ;(await contents(repository, `wal/${partial.segment.slice(0, 8)}/${partial.segment}.partial`)).copy(whole)
  await writeFile(join(directory, partial.segment), whole)
}

export interface RestoredServer extends AsyncDisposable {
  readonly data: string
  query(text: string): Promise<pg.QueryResult>
}

/** A server of its own, recovered from a base backup and all archived WAL. */
export async function startRestored(
  origin: ThrowawayServer,
  repository: Repository,
  record: BackupRecord,
): Promise<RestoredServer> {
  const root = await mkdtemp(join(tmpdir(), 'pgrestored-'))
  const { uid, gid } = unprivilegedAccount()
  const data = join(root, 'data')
  const port = await freePort()
  await unpackBackup(repository, record, data)
  await unpackWal(repository, join(root, 'wal'), record.walSegmentBytes)
  await rm(join(data, 'tablespace_map'), { force: true })
  // a backup from a standby brings its own wish to stay one
  await rm(join(data, 'standby.signal'), { force: true })
  await writeFile(join(data, 'recovery.signal'), '')
  await appendFile(
    join(data, 'postgresql.conf'),
    `\nport = ${port}\nunix_socket_directories = '${root}'\nsynchronous_standby_names = ''\nrestore_command = 'cp "${root}/wal/%f" "%p"'\n`,
  )
  await chmod(root, 0o755)
  await chownAll(root, uid, gid)
  const log = join(root, 'server.log')
  const child = spawn(join(origin.bin, 'postgres'), ['-D', data], {
    uid,
    gid,
    cwd: root,
    stdio: ['ignore', openSync(log, 'a'), openSync(log, 'a')],
  })
  const gone = once(child, 'exit')
  const query = async (text: string) => {
    const client = new pg.Client({ ...origin.config(), port })
    client.on('error', () => undefined)
    await client.connect()
    return client.query(text).finally(() => client.end())
  }
  for (let waited = 0; ; waited += 100) {
    const recovered = await query('select not pg_is_in_recovery() as done').then(
      ({ rows }) => (rows[0] as { done: boolean }).done,
      () => false,
    )
    if (recovered) break
    if (waited > 60_000 || child.exitCode !== null)
      throw new Error(`the restored server did not start:\n${await readFile(log, 'utf8')}`)
    await sleep(100)
  }
  return {
    data,
    query,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGQUIT')
      await gone
      await rm(root, { recursive: true, force: true })
    },
  }
}

async function chownAll(path: string, uid: number, gid: number): Promise<void> {
  await chown(path, uid, gid)
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await chown(join(entry.parentPath, entry.name), uid, gid)
  }
}
