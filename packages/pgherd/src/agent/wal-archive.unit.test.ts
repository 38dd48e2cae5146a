import { expect, test } from 'vitest'
import { archiveObservation } from './wal-archive.ts'

const now = new Date('2026-01-10T12:00:00Z')
const server = { inRecovery: false, timeline: 1, version: '18.4', wal: 0x3000100n }

test('the lag is what the server has and the archive has not', () => {
  const status = { state: 'streaming', archivedLsn: '0/3000000', archivedAt: '2026-01-10T11:59:57Z' } as const
  expect(archiveObservation(status, server, now)).toEqual({
    state: 'streaming',
    lagBytes: 256,
    lagSeconds: 3,
    reason: null,
  })
})

test('an archive that has everything is not behind, however quiet the server', () => {
  const status = { state: 'streaming', archivedLsn: '0/3000200', archivedAt: '2026-01-10T09:00:00Z' } as const
  expect(archiveObservation(status, server, now)).toMatchObject({ lagBytes: 0, lagSeconds: 0 })
})

test('without the server only the age is known; a clock ahead is no negative lag', () => {
  const status = {
    state: 'reconnecting',
    archivedLsn: '0/3000200',
    archivedAt: '2026-01-10T13:00:00Z',
  } as const
  expect(archiveObservation(status, null, now)).toEqual({
    state: 'connecting',
    lagBytes: null,
    lagSeconds: 0,
    reason: null,
  })
})

test.each(['stalled', 'failed', 'stopped'] as const)('%s is failing', (state) => {
  expect(archiveObservation({ state }, server, now).state).toBe('failing')
})
