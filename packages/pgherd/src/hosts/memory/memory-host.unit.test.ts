import { expect, test } from 'vitest'
import { specSchema } from '../../spec/schema.ts'
import { layOut, homeOf } from '../../topology/topology.ts'
import { hostContract, type ContractSubject } from '../contract.testkit.ts'
import { createMemoryHost, type MemoryHost } from './memory-host.ts'

const account = (name: string, uid: number) => ({ name, uid, gid: uid, home: '/' })

function make(): ContractSubject & { host: MemoryHost } {
  const member = homeOf(
    layOut(specSchema.parse({ name: 'test' }), { state: '/state', sockets: '/state/run/s' }),
  )
  const host = createMemoryHost({
    member,
    facts: {
      platform: 'linux',
      arch: 'x64',
      memoryBytes: 2 ** 32,
      cpus: 4,
      volumes: {
        data: { totalBytes: 2 ** 40, freeBytes: 2 ** 39 },
        repository: { totalBytes: 2 ** 40, freeBytes: 2 ** 39 },
      },
      runAs: account('postgres', 101),
      invoker: account('root', 0),
      programs: {},
      postgres: {
        flavour: 'embedded',
        major: 18,
        version: '18.4',
        bin: '/bin',
        tools: {},
        extensions: ['pgcrypto'],
      },
    },
  })
  return {
    host,
    member,
    uids: { runAs: 101, invoker: 0 },
    unit: (name, argv) => ({
      name,
      argv,
      env: {},
      workingDirectory: '/',
      user: 'run-as',
      after: [],
      stop: { signal: 'SIGTERM', timeoutSeconds: 1 },
      logFile: `/state/logs/${name}.log`,
    }),
    serve: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  }
}

hostContract('memory', async () => make(), {
  exec: 'it runs no programs; tests answer for them',
  sql: 'it has no server; tests answer for it',
})

test('what was done is told in order', async () => {
  const subject = make()
  const { host } = subject
  await host.makeDirectory('/state/config', 0o700, 'run-as')
  await host.writeFile({ path: '/state/config/a', contents: '', mode: 0o600, owner: 'run-as' })
  await host.startUnit(subject.unit('postgres', ['postgres']))
  expect(host.done).toEqual(['make /state/config', 'write /state/config/a', 'start postgres'])
})
