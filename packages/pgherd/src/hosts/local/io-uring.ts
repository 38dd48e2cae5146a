import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PostgresBinaries, RunAs } from '../../topology/host-facts.ts'
import { giveTo, spawnIdentity } from '../run-as.ts'

/** Directories that the start of a server looks into before it has a cluster. */
const directories = [
  'global',
  'pg_wal',
  'pg_notify',
  'pg_multixact',
  'pg_xact',
  'pg_subtrans',
  'pg_commit_ts',
  'pg_serial',
  'pg_dynshmem',
  'pg_stat',
  'pg_replslot',
  'pg_tblspc',
  'pg_logical',
  'base',
]

/**
 * True when a server of this build starts here with io_method=io_uring (18 and newer): the build must
 * have it, the kernel must allow it (seccomp, kernel.io_uring_disabled), and the rings of all
 * connections must fit RLIMIT_MEMLOCK. Takes some 30 ms, so the answer need not be kept.
 */
export async function probeIoUring(
  postgres: PostgresBinaries,
  runAs: RunAs,
  connections: number,
): Promise<boolean> {
  if (postgres.major < 18 || process.platform !== 'linux') return false
  return startsWith(postgres, runAs, ['io_method=io_uring', `max_connections=${connections}`])
}

/**
 * True when a server with these settings gets as far as having its shared memory. `postgres --check`
 * is what initdb itself uses to try settings (src/bin/initdb/initdb.c, test_specific_config_settings):
 * it makes the shared memory, the rings included, and ends without touching data.
 */
export async function startsWith(
  postgres: PostgresBinaries,
  runAs: RunAs,
  settings: readonly string[],
): Promise<boolean> {
  const data = mkdtempSync(join(tmpdir(), 'pgherd-probe-'))
  try {
    for (const name of directories) mkdirSync(join(data, name), { mode: 0o700 })
    writeFileSync(join(data, 'PG_VERSION'), `${postgres.major}\n`)
    writeFileSync(join(data, 'postgresql.conf'), '')
    for (const path of [data, ...directories.map((name) => join(data, name))]) await giveTo(path, runAs)
    const small = ['shared_buffers=1MB', 'dynamic_shared_memory_type=mmap', ...settings].flatMap((each) => [
      '-c',
      each,
    ])
    return await new Promise<boolean>((resolve) => {
      execFile(
        join(postgres.bin, 'postgres'),
        ['--check', '-F', '-D', data, ...small],
        { ...spawnIdentity(runAs), cwd: '/', env: {}, timeout: 10_000, killSignal: 'SIGKILL' },
        (error) => resolve(error === null),
      )
    })
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}
