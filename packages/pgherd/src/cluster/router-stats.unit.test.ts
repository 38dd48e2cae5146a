import { expect, test } from 'vitest'
import { readStatistics, readVersion } from './router-stats.ts'

test('servers of the two backends are read, by the names of the columns', () => {
  const csv = `# pxname,svname,scur,status,extra
write,FRONTEND,5,OPEN,
primary,pg1,4,UP,
primary,pg2,0,DOWN,
primary,BACKEND,4,UP,
standbys,pg1,0,UP 1/2,
standbys,pg3,2,no check,
statistics,FRONTEND,1,OPEN,
`
  expect(readStatistics(csv)).toEqual([
    { route: 'write', member: 'pg1', up: true, sessions: 4 },
    { route: 'write', member: 'pg2', up: false, sessions: 0 },
    { route: 'read', member: 'pg1', up: true, sessions: 0 },
    { route: 'read', member: 'pg3', up: false, sessions: 2 },
  ])
})

test('what is not HAProxy’s is refused', () => {
  for (const text of ['', '<html></html>', 'pxname,svname'])
    expect(() => readStatistics(text)).toThrow(/not its statistics/)
})

test('the version is read from the metrics', () => {
  const metrics = `# TYPE haproxy_process_build_info gauge
haproxy_process_build_info{version="2.6.12-1+deb12u4"} 1
`
  expect(readVersion(metrics)).toBe('2.6.12')
  expect(readVersion('haproxy_process_build_info{branch="x",version="3.2.0"} 1')).toBe('3.2.0')
  expect(() => readVersion('<html></html>')).toThrow(/do not tell its version/)
})
