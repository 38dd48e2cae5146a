import { existsSync, readFileSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ThrowawayServer } from '../../../../testbed/src/throwaway-server.ts'
import { unprivilegedAccount } from '../../../../testbed/src/unprivileged.ts'
import { promoteKept, type Promoted } from './promote-kept.ts'
import { Scratch } from './scratch.ts'

/** Histories as servers write them that were restored to a moment of timeline 1, one after the other. */
const histories = (newest: number) =>
  new Map(
    Array.from({ length: newest - 1 }, (_, index) => [
      index + 2,
      Buffer.from(`1\t0/1000028\tbefore 2026-11-21 10:15:00+00\n`),
    ]),
  )

async function promoteOf(
  server: ThrowawayServer,
  data: string,
  known: ReadonlyMap<number, Buffer>,
): Promise<Promoted> {
  const { username, uid, gid } = userInfo()
  const runAs = { ...unprivilegedAccount(), home: '/tmp' }
  await using scratch = await Scratch.make(join(server.root, 'scratch'), 'restore', runAs)
  return await promoteKept({
    data,
    liveData: server.data,
    histories: known,
    scratch,
    postgres: { bin: server.bin, major: server.major },
    runAs,
    invoker: { name: username, uid, gid, home: '/tmp' },
    preload: '',
    sharedBuffersBytes: 32 * 2 ** 20,
    slot: 'pgherd_wal',
    signal: AbortSignal.timeout(60_000),
  })
}

test.each([15, 18] as const)(
  'a kept data directory of PostgreSQL %i goes on behind all timelines there are, with all it holds, even after a crash',
  async (major) => {
    await using server = await ThrowawayServer.start({ major })
    await server.query('create table event as select generate_series(1, 1000) as id')
    await server.query("alter system set work_mem = '3MB'")
    await server.query(`select pg_create_physical_replication_slot('pgherd_wal', true)`)
    await server.query('insert into event values (1001)')
    // what was committed last is in its WAL alone, and its lock is left behind
    await server.halt('SIGKILL')
    const kept = `${server.data}.kept`
    await rename(server.data, kept)
    const first = await promoteOf(server, kept, histories(4))
    expect(first.timeline).toBe(5)
    expect(first.history.toString()).toMatch(/^1\t0\/[0-9A-F]+\t/)
    expect(first.history.toString()).toContain(`\t${first.lsn}\t`)
    // once more, as after an undoing that was cut off
    expect((await promoteOf(server, kept, histories(4))).timeline).toBe(6)
    for (const name of ['standby.signal', 'postmaster.pid', 'postgresql.auto.conf.pgherd'])
      expect(existsSync(join(kept, name)), name).toBe(false)
    expect(readFileSync(join(kept, 'postgresql.auto.conf'), 'utf8')).toContain("work_mem = '3MB'")
    await rename(kept, server.data)
    await server.launch()
    const { rows } = await server.query(
      `select count(*)::int as events, pg_is_in_recovery() as standby,
              (select count(*)::int from pg_replication_slots) as slots, current_setting('work_mem') as memory
         from event`,
    )
    expect(rows).toEqual([{ events: 1001, standby: false, slots: 1, memory: '3MB' }])
  },
)

test('a hole in the histories is found out before a number is used twice', async () => {
  await using server = await ThrowawayServer.start({ major: 18 })
  await server.halt()
  const kept = `${server.data}.kept`
  await rename(server.data, kept)
  const holed = new Map([...histories(3)].filter(([timeline]) => timeline === 3))
  await expect(promoteOf(server, kept, holed)).rejects.toThrow('RESTORE_UNFINISHED')
})
