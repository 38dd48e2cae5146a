import type { BackupRecord } from './catalogue.ts'

/** A backup record for tests: of a small cluster on timeline 1, with what the test says otherwise. */
export function sampleBackup(differing: Partial<BackupRecord> = {}): BackupRecord {
  return {
    id: '20261121T010000Z',
    systemId: '7300000000000000001',
    timeline: 1,
    startLsn: '0/2000028',
    stopLsn: '0/2000120',
    startedAt: '2026-11-21T01:00:00.000Z',
    stoppedAt: '2026-11-21T01:00:10.000Z',
    serverVersion: '18.4',
    major: 18,
    walSegmentBytes: 16 * 2 ** 20,
    bytes: 1000,
    storedBytes: 500,
    seconds: 10,
    files: [],
    tablespaces: [],
    compression: 'zstd',
    encryption: 'age',
    takenFrom: 'pg1',
    ...differing,
  }
}
