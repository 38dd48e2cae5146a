import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createConnection } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { eventually } from '@pgherd/testbed/herd.ts'
import { expect, test } from 'vitest'
import { RenderedCluster } from '../rendered-cluster.testkit.ts'
import { redis } from './component.ts'

/** One connection, one command after the other, each answered by one line. */
async function answers(cluster: RenderedCluster, commands: readonly string[]): Promise<string[]> {
  const { address, ports, paths } = cluster.input('gateway').member
  const socket: TLSSocket = connect({
    host: address,
    port: ports.redis,
    ca: readFileSync(`${paths.tls}/ca.crt`),
  })
  try {
    await once(socket, 'secureConnect')
    const said: string[] = []
    for (const command of commands) {
      socket.write(`${command}\r\n`)
      const [data] = (await once(socket, 'data')) as [Buffer]
      said.push(data.toString().trim())
    }
    return said
  } finally {
    socket.destroy()
  }
}

test('it speaks TLS alone, asks for the password, and keeps what it was told over a kill', async () => {
  await using cluster = await RenderedCluster.create({ redis: { memory: '16MB' } })
  const input = cluster.input('gateway')
  for (const file of redis.files(input)) cluster.write(file)
  const start = () => {
    for (const unit of redis.units(input)) cluster.start('gateway', unit)
  }
  start()
  await eventually('redis', async () => ((await answers(cluster, ['PING'])).length === 1 ? true : undefined))
  expect(await answers(cluster, ['PING'])).toEqual(['-NOAUTH Authentication required.'])
  expect((await answers(cluster, ['AUTH wrong', 'PING']))[0]).toMatch(/^-WRONGPASS/)
  expect(await answers(cluster, ['AUTH redis-password', 'PING', 'SET a 1', 'CONFIG GET maxmemory'])).toEqual([
    '+OK',
    '+PONG',
    '+OK',
    `*2\r\n$9\r\nmaxmemory\r\n$8\r\n16777216`,
  ])
  const plain = createConnection({ host: input.member.address, port: input.member.ports.redis })
  const refused = new Promise((resolve) => plain.once('close', resolve))
  plain.on('error', () => undefined)
  plain.write('PING\r\n')
  await refused
  expect(plain.bytesRead).toBe(0)
  expect(readdirSync(input.member.paths.redis)).toEqual(['appendonlydir'])
  expect(statSync(input.member.paths.redis).mode & 0o777).toBe(0o700)

  // appendfsync everysec: the key is on disk a second later, but the page cache outlives the process anyway.
  await cluster.stop('gateway', 'redis', 'SIGKILL')
  start()
  await eventually('redis again', async () =>
    (await answers(cluster, ['PING'])).length === 1 ? true : undefined,
  )
  expect(await answers(cluster, ['AUTH redis-password', 'GET a'])).toEqual(['+OK', '$1\r\n1'])
})
