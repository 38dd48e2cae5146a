import { execFileSync, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import type { BackupRequest, BackupFigures } from './base-backup-child.ts'
import { TemporaryRepository } from '../packages/pgherd/test/stream/fixtures.ts'
import { ThrowawayServer } from '../packages/testbed/src/throwaway-server.ts'
import { median, secondsOf } from './median.ts'

/**
 * Throughput and memory of a stream backup of a 1 GB pgbench database against pg_basebackup of the
 * same major with the same compression, over the same socket; encryption off, as pg_basebackup has
 * none. The three alternate. A manifest with SHA-256 costs the server about 0.4 s per GB, and only pgherd
 * also compares every file with it; so both are shown: pg_basebackup asking for that same manifest,
 * and pg_basebackup with its default, CRC-32C.
 *
 *   node benchmarks/base-backup.ts [rounds=3]
 */
const rounds = Number(process.argv[2] ?? 3)
const scratch = mkdtempSync(join(tmpdir(), 'pgbench-child-'))
process.once('exit', () => rmSync(scratch, { recursive: true }))
const childProgram = await bundled(join(import.meta.dirname, 'base-backup-child.ts'))
const scale = 70
await using server = await ThrowawayServer.start({
  major: 15,
  settings: { shared_buffers: '256MB', max_wal_size: '4GB' },
})
const { password } = server.config()
const env = {
  ...process.env,
  PGHOST: server.sockets,
  PGPORT: String(server.port),
  PGUSER: 'postgres',
  PGPASSWORD: String(password),
}
execFileSync(join(server.bin, 'pgbench'), ['-i', '-q', '-s', String(scale), 'postgres'], {
  env,
  stdio: 'ignore',
})
await server.query('checkpoint')
const { rows } = await server.query('select sum(pg_database_size(oid)) as bytes from pg_database')
const megabytes = Number((rows[0] as { bytes: string }).bytes) / 2 ** 20

/** As users run it: from a bundle, since to take the types out of sources costs time and memory of its own. */
async function bundled(input: string): Promise<string> {
  const bundle = await rolldown({ input, platform: 'node', external: [/^node:/, 'pg-native'] })
  const file = join(scratch, 'child.js')
  await bundle.write({ file, codeSplitting: false })
  await bundle.close()
  return file
}

async function ours(algorithm: 'zstd' | 'gzip' | 'none'): Promise<BackupFigures> {
  await using temporary = await TemporaryRepository.for(server)
  const { root, systemId } = temporary.repository
  const request: BackupRequest = {
    host: server.sockets,
    port: server.port,
    password: String(password),
    root,
    systemId,
    algorithm,
    level: 1,
  }
  const child = fork(childProgram, {
    execPath: process.execPath,
    execArgv: [],
  })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  const figures = new Promise<BackupFigures>((resolve, reject) => {
    child.once('message', (message) => resolve(message as BackupFigures))
    child.once('exit', () => reject(new Error('the backup process ended without figures')))
  })
  child.send(request)
  const result = await figures
  await gone
  return result
}

function theirs(algorithm: 'zstd' | 'gzip' | 'none', checksums: 'SHA256' | 'CRC32C'): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'pgbb-'))
  const compress = algorithm === 'none' ? 'none' : `client-${algorithm}:1`
  const options = [
    '-Ft',
    '-X',
    'none',
    '-c',
    'fast',
    `--compress=${compress}`,
    `--manifest-checksums=${checksums}`,
  ]
  const argv = ['-D', join(directory, 'backup'), ...options]
  return secondsOf(() =>
    Promise.resolve(execFileSync(join(server.bin, 'pg_basebackup'), argv, { env, stdio: 'ignore' })),
  ).finally(() => rmSync(directory, { recursive: true }))
}

console.log(`database ${megabytes.toFixed(0)} MB, ${rounds} rounds each, alternating`)
for (const algorithm of ['zstd', 'gzip', 'none'] as const) {
  const seconds = { ours: [] as number[], sameManifest: [] as number[], byDefault: [] as number[] }
  let memory = 0
  for (let round = 0; round < rounds; round++) {
    const figures = await ours(algorithm)
    seconds.ours.push(figures.seconds)
    memory = Math.max(memory, figures.maxResidentMegabytes)
    seconds.sameManifest.push(await theirs(algorithm, 'SHA256'))
    seconds.byDefault.push(await theirs(algorithm, 'CRC32C'))
  }
  const row = (name: string, figures: readonly number[]) =>
    `  ${name.padEnd(38)} ${(megabytes / median(figures)).toFixed(0).padStart(4)} MB/s  (${figures.map((each) => each.toFixed(2)).join(' ')} s)`
  const ratio = (peer: readonly number[]) => `${(median(peer) / median(seconds.ours)).toFixed(2)}x`
  console.log(algorithm)
  console.log(row('pgherd, every file compared', seconds.ours))
  console.log(
    `${row('pg_basebackup, SHA-256 manifest', seconds.sameManifest)}  ${ratio(seconds.sameManifest)}, to reach: at least 0.8x`,
  )
  console.log(`${row('pg_basebackup, default manifest', seconds.byDefault)}  ${ratio(seconds.byDefault)}`)
  console.log(`  memory of pgherd ${memory.toFixed(0)} MB, to reach: below 150 MB`)
}
