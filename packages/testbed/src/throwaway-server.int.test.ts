import { expect, test } from 'vitest'
import { majors } from './postgres-programs.ts'
import { commandOf, descendants, isAlive } from './processes.ts'
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

test('the loss of the machine takes every process of the server, which starts again', async () => {
  await using server = await ThrowawayServer.start({ major: 17 })
  const { pid } = server
  const below = descendants(pid)
  expect(below.map(commandOf).filter((title) => title.includes('walwriter'))).toHaveLength(1)
  await server.halt('SIGKILL')
  expect([pid, ...below].filter(isAlive)).toEqual([])
  await server.launch()
  expect((await server.query('select 1 as answer')).rows).toEqual([{ answer: 1 }])
})
