import { expect, test } from 'vitest'
import { expose, negotiate, openMetricsFormat, textFormat } from './exposition.ts'
import type { Family } from './family.ts'

const families: readonly Family[] = [
  { name: 'pg_up', help: 'up', type: 'gauge', samples: [{ labels: {}, value: 1 }] },
  {
    name: 'pg_stat_database_xact_commit',
    help: 'commits',
    type: 'counter',
    samples: [
      { labels: { datname: 'a"b\\c\nd' }, value: 7 },
      { labels: { datname: 'ünï' }, value: 2 ** 53 },
    ],
  },
  { name: 'pg_empty', help: 'nothing known', type: 'gauge', samples: [] },
]

test('the text format escapes hostile names and leaves out what is not known', async () => {
  expect(await expose(families, textFormat)).toBe(`# HELP pg_up up
# TYPE pg_up gauge
pg_up 1

# HELP pg_stat_database_xact_commit commits
# TYPE pg_stat_database_xact_commit counter
pg_stat_database_xact_commit{datname="a\\"b\\\\c\\nd"} 7
pg_stat_database_xact_commit{datname="ünï"} 9007199254740992
`)
})

test('OpenMetrics names counters _total and ends with EOF', async () => {
  const text = await expose(families, openMetricsFormat)
  expect(text).toContain('pg_stat_database_xact_commit_total{datname="ünï"} 9007199254740992')
  expect(text.endsWith('# EOF\n')).toBe(true)
})

test.each([
  [undefined, textFormat],
  ['*/*', textFormat],
  ['text/plain;version=0.0.4', textFormat],
  ['application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1', openMetricsFormat],
  ['application/openmetrics-text;q=0.2, text/plain', textFormat],
  ['application/openmetrics-text;q=x', textFormat],
])('Accept %s', (accept, format) => {
  expect(negotiate(accept)).toBe(format)
})
