import { rm } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { ThrowawayServer } from '../../../testbed/src/throwaway-server.ts'
import { unprivilegedAccount } from '../../../testbed/src/unprivileged.ts'
import { until } from '../../test/stream/fixtures.ts'
import { generateBackupKey } from '../backup/sealing/registry.ts'
import { verifyBaseBackup } from '../backup/stream/verify-base-backup.ts'
import { specSchema } from '../spec/schema.ts'
import { layOut, homeOf } from '../topology/topology.ts'
import { runBackup } from './backup.ts'
import type { OperationContext } from './context.ts'
import { openRepositoryOf } from './open-repository.ts'
import { walReceiverOf } from './wal-archiving.ts'

/** Like a member that pgherd made: internal roles come in over the socket without a password. */
const hba = [
  'local all pgherd_replication trust',
  'local replication pgherd_replication trust',
  'host all all 127.0.0.1/32 scram-sha-256',
]

async function contextOf(server: ThrowawayServer, encryption: object = {}): Promise<OperationContext> {
  const spec = specSchema.parse({
    name: 'shop',
    postgres: { port: server.port },
    backups: { repository: `${server.root}/backups`, ...encryption },
  })
  const topology = layOut(spec, { state: server.root, sockets: server.sockets })
  const runAs = { ...unprivilegedAccount(), home: server.root }
  const key = await generateBackupKey()
  return {
    spec,
    topology,
    member: homeOf(topology),
    facts: {
      platform: 'linux',
      arch: 'x64',
      memoryBytes: 2 ** 31,
      cpus: 2,
      volumes: { data: { totalBytes: 0, freeBytes: 0 }, repository: { totalBytes: 0, freeBytes: 0 } },
      runAs,
      invoker: runAs,
      programs: {},
      postgres: {
        flavour: 'system',
        major: server.major,
        version: '',
        bin: server.bin,
        tools: {},
        extensions: [],
      },
    },
    readSecret: (id) => (id === 'backup-key' ? Promise.resolve(key) : Promise.reject(new Error(id))),
    report: () => undefined,
    signal: new AbortController().signal,
    now: () => new Date(),
  }
}

async function start(): Promise<ThrowawayServer> {
  const server = await ThrowawayServer.start({ major: 18, hba })
  await server.query('create role pgherd_replication login replication')
  await server.query('create table things as select i, md5(i::text) from generate_series(1, 20000) i')
  return server
}

test('a backup without an agent archives the WAL it needs, and a second one works', async () => {
  await using server = await start()
  const context = await contextOf(server)
  const { record, findings } = await runBackup(context)
  expect(findings).toEqual([])
  expect(record).toMatchObject({ takenFrom: 'pg1', encryption: 'age', compression: 'zstd', major: 18 })
  const repository = await openRepositoryOf(context)
  expect(await verifyBaseBackup(repository, record)).toEqual([])
  const second = await runBackup(context)
  expect((await repository.backups()).map(({ id }) => id)).toEqual([record.id, second.record.id])
})

test('while an agent streams, a backup leaves the slot to it', async () => {
  await using server = await start()
  const context = await contextOf(server, { encryption: 'none' })
  const repository = await openRepositoryOf(context)
  const agent = walReceiverOf(context, repository, () => undefined)
  agent.start()
  await until('streaming', () => agent.status().state === 'streaming' || undefined)
  const { record } = await runBackup(context)
  expect(record.encryption).toBe('none')
  expect(agent.status()).toMatchObject({ state: 'streaming' })
  expect(agent.status().lastError).toBeUndefined()
  await agent.stop()
})

test('two backups at once: one refuses and says who is at work', async () => {
  await using server = await start()
  const context = await contextOf(server)
  const outcomes = await Promise.allSettled([runBackup(context), runBackup(context)])
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  const refused = outcomes.find((outcome) => outcome.status === 'rejected')
  expect(String(refused?.reason)).toMatch(/LOCKED: pgherd backup/)
  expect(await (await openRepositoryOf(context)).backups()).toHaveLength(1)
})

test('the repository opens while the server is down, and after the data directory is lost', async () => {
  await using server = await start()
  const context = await contextOf(server)
  const { systemId } = await openRepositoryOf(context)
  await server.halt()
  expect((await openRepositoryOf(context)).systemId).toBe(systemId)
  await rm(server.data, { recursive: true })
  expect((await openRepositoryOf(context)).systemId).toBe(systemId)
  await rm(`${server.root}/backups`, { recursive: true })
  await expect(openRepositoryOf(context)).rejects.toThrow('BACKUP_CLUSTER_UNKNOWN')
})

test('a server that is down is said to be so, and nothing is left', async () => {
  await using server = await start()
  const context = await contextOf(server)
  await server.halt()
  await expect(runBackup(context)).rejects.toThrow(/BACKUP_INTERRUPTED.*(ENOENT|ECONNREFUSED)/)
  expect((await (await openRepositoryOf(context)).list()).filter((name) => name.startsWith('base/'))).toEqual(
    [],
  )
})
