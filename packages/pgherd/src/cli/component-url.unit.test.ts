import { expect, test } from 'vitest'
import { specSchema, type SpecInput } from '../spec/schema.ts'
import { homeOf, layOut } from '../topology/topology.ts'
import { componentEndpoint, componentUrl } from './component-url.ts'

function urlOf(spec: Omit<SpecInput, 'name'>, name: string): string {
  const topology = layOut(specSchema.parse({ name: 'chat', ...spec }), { state: '/s', sockets: '/r' })
  return componentUrl(componentEndpoint(topology, homeOf(topology), name), 'p@s/s')
}

test('Redis and the statistics of HAProxy have a URL with their password, escaped', () => {
  const topology = { members: 3, gateway: '192.0.2.1' }
  expect(urlOf({ topology, redis: { port: 6390 } }, 'redis')).toBe(
    'rediss://default:p%40s%2Fs@192.0.2.1:6390/0',
  )
  expect(urlOf({ topology }, 'haproxy')).toBe('https://pgherd:p%40s%2Fs@192.0.2.1:8404/')
  expect(urlOf({ topology: { members: 3, gateway: 'fd00::1' }, redis: {} }, 'redis')).toContain(
    '@[fd00::1]:6379/',
  )
})

test.each([
  ['Redis where the spec has none', { topology: { members: 3 } }, 'redis', 'it has haproxy'],
  ['anything on a single server', {}, 'haproxy', 'it has none besides PostgreSQL'],
  ['what nobody knows', { topology: { members: 3 }, redis: {} }, 'toString', 'it has redis, haproxy'],
])('%s is refused, with what there is', (_what, spec, name, said) => {
  expect(() => urlOf(spec, name)).toThrow(said)
})
