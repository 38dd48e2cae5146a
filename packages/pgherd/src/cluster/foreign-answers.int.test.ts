import { afterAll, beforeAll, expect, test } from 'vitest'
import { codeOf, memberOf } from './bare-access.testkit.ts'
import { EtcdApi } from './etcd-api.ts'
import { ForeignServers, type ForeignAnswer } from './foreign-servers.testkit.ts'
import { findPrimary } from './find-primary.ts'
import { observeCluster } from './observe-cluster.ts'
import { PatroniApi } from './patroni-api.ts'
import { PoolerAdmin } from './pooler-admin.ts'
import { routerStats } from './router-stats.ts'

let foreign: ForeignServers

beforeAll(async () => {
  foreign = await ForeignServers.start()
})

afterAll(() => foreign?.[Symbol.asyncDispose]())

const json = (body: string, status = 200): ForeignAnswer => ({
  kind: 'document',
  type: 'application/json',
  body,
  status,
})

const answers: readonly (readonly [string, ForeignAnswer])[] = [
  ['a web page', { kind: 'document', type: 'text/html', body: '<html><body>It works!</body></html>' }],
  ['an empty answer', json('')],
  ['JSON cut short', json('{"state": "runn')],
  ['JSON of something else', json('{"state": 1, "members": "many", "patroni": null}')],
  ['an array', json('[[], {}]')],
  ['a number', json('7')],
  [
    'an error page of a proxy',
    { kind: 'document', type: 'text/html', body: '<h1>Bad Gateway</h1>', status: 502 },
  ],
  ['plain text without TLS', { kind: 'plain', text: 'SSH-2.0-OpenSSH_9.2\r\n' }],
  ['a connection closed at once', { kind: 'plain', text: '' }],
  ['nothing', { kind: 'silent' }],
]

test.each(answers)('%s is a finding, and a view without those parts', async (_name, answer) => {
  foreign.answer = answer
  const { access } = foreign
  const patroni = new PatroniApi(access, memberOf(access, 'pg1'), { timeoutMs: 700 })
  const [view, primary, ...found] = await Promise.all([
    observeCluster(access, { timeoutMs: 700 }),
    findPrimary(access),
    codeOf(patroni.status()),
    codeOf(patroni.cluster()),
    codeOf(patroni.history()),
    codeOf(routerStats(access, { timeoutMs: 700 })),
    codeOf(PoolerAdmin.connect(access, { timeoutMs: 700 })),
    codeOf(new EtcdApi(access, { timeoutMs: 700 }).members()),
  ])
  expect(found).toEqual([
    'PATRONI_UNREACHABLE',
    'PATRONI_UNREACHABLE',
    'PATRONI_UNREACHABLE',
    'ROUTER_UNREACHABLE',
    'POOLER_UNREACHABLE',
    'ETCD_FAILED',
  ])
  expect(primary).toBeUndefined()
  expect(view).not.toHaveProperty('leader')
  expect(view).toMatchObject({ routes: [], pools: [], synchronous: [], etcd: { quorum: false } })
  expect(view.members.map(({ role }) => role)).toEqual(['unreachable', 'unreachable', 'unreachable'])
})

test('a refusal carries the words of whoever said it, on one line and cut short', async () => {
  foreign.answer = {
    kind: 'document',
    type: 'text/plain',
    status: 412,
    body: `no\n\nsuch ${'candidate '.repeat(100)}`,
  }
  const { access } = foreign
  const refused = new PatroniApi(access, memberOf(access, 'pg2')).switchover({ leader: 'pg2' })
  await expect(refused).rejects.toThrow(
    /^PATRONI_REFUSED: Patroni of pg2 answered 412 to POST \/switchover: no such /,
  )
  await refused.catch((error: Error) => expect(error.message.length).toBeLessThan(500))
})

test('an endless answer is not read to its end', async () => {
  foreign.answer = json(`["${'x'.repeat(6 * 2 ** 20)}"]`)
  const { access } = foreign
  const patroni = new PatroniApi(access, memberOf(access, 'pg1'), { timeoutMs: 20_000 })
  await expect(patroni.status()).rejects.toThrow(/too long/)
})
