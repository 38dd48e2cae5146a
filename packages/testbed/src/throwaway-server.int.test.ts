import { expect, test } from 'vitest'
import { majors } from './postgres-programs.ts'
import { ThrowawayServer } from './throwaway-server.ts'

test.each(majors)('PostgreSQL %i starts, answers and is gone afterwards', async (major) => {
  let pid: number
  {
    await using server = await ThrowawayServer.start({ major })
    pid = server.pid
    const { rows } = await server.query("select current_setting('server_version_num')::int / 10000 as major")
    expect(rows).toEqual([{ major }])
  }
  expect(() => process.kill(pid, 0)).toThrow()
})
