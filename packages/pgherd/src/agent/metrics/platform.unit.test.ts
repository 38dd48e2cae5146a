import { expect, test } from 'vitest'
import { diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { sampleRun, sampleScheduled } from '../../checks/sample-drills.ts'
import { goodObservation } from '../testing/observation.testkit.ts'
import { expose, textFormat } from './exposition.ts'
import { platformFamilies } from './platform.ts'

const input = {
  observation: goodObservation,
  findings: [
    diagnose('REPOSITORY_SHARES_DISK', { detail: 'x', mend: mend.advice('y') }),
    diagnose('REPOSITORY_SHARES_DISK', { detail: 'z', mend: mend.advice('y') }),
  ],
  cost: { seconds: 0.05, rows: 321, skipped: 0, failed: ['x: y'] },
  now: new Date('2026-01-10T12:00:00Z'),
  process: { residentBytes: 9e7, cpuSeconds: 3, startedAt: 1 },
}

test('what no exporter knows is told with its figures', async () => {
  const text = await expose(platformFamilies(input), textFormat)
  for (const line of [
    'pg_up 1',
    'pgherd_server_state{state="up"} 1',
    'pgherd_server_state{state="frozen"} 0',
    'pgherd_backups 2',
    'pgherd_backup_age_seconds 37740',
    'pgherd_backup_size_bytes 7000000',
    'pgherd_proof_age_seconds 32340',
    'pgherd_proof_ok 1',
    'pgherd_proof_compared_ratio 0.975',
    'pgherd_proof_rto_seconds 4.2',
    'pgherd_proof_rpo_seconds 0.8',
    `pgherd_restorable_window_start_timestamp_seconds ${Date.parse('2026-01-09T01:31:00Z') / 1000}`,
    `pgherd_restorable_window_end_timestamp_seconds ${Date.parse('2026-01-10T11:59:58Z') / 1000}`,
    'pgherd_wal_archive_lag_bytes 100',
    'pgherd_wal_archive_lag_seconds 1.5',
    'pgherd_wal_archive_streaming 1',
    'pgherd_wal_archive_gaps 0',
    `pgherd_certificate_expiry_timestamp_seconds{name="server.crt"} ${Date.parse('2026-03-01T00:00:00Z') / 1000}`,
    'pgherd_disk_free_bytes{volume="repository"} 1500',
    'pgherd_unit_restarts_total{unit="postgres"} 2',
    'pgherd_job_ok{kind="backup"} 1',
    'pgherd_findings{code="REPOSITORY_SHARES_DISK",severity="warning"} 2',
    'pgherd_scrape_rows 321',
    'pgherd_scrape_failures 1',
  ])
    expect(text.split('\n')).toContain(line)
})

test('what is not known has no series: an alert on absent() fires instead of a zero lying', async () => {
  const observation = {
    ...goodObservation,
    server: { state: 'down' as const, silentSeconds: 9, reason: null },
    catalogue: null,
    volumes: null,
  }
  const text = await expose(platformFamilies({ ...input, observation }), textFormat)
  expect(text).toContain('pg_up 0')
  expect(text).not.toMatch(/pgherd_backup|pgherd_proof|pgherd_disk|NaN/)
})

test('drills of a cluster have their figures by name; a single server has none', async () => {
  const runs = [
    sampleRun,
    { ...sampleRun, drill: 'kill-member', objectivesMet: false, fullRedundancySeconds: null },
  ]
  const observation = { ...goodObservation, drills: { runs, scheduled: [sampleScheduled] } }
  const lines = (await expose(platformFamilies({ ...input, observation }), textFormat)).split('\n')
  for (const line of [
    'pgherd_drill_write_gap_seconds{drill="kill-postgres"} 1.4',
    'pgherd_drill_read_gap_seconds{drill="kill-postgres"} 0.2',
    'pgherd_drill_lost_writes{drill="kill-postgres"} 0',
    'pgherd_drill_duplicate_primaries{drill="kill-postgres"} 0',
    'pgherd_drill_redundancy_seconds{drill="kill-postgres"} 4',
    'pgherd_drill_objectives_met{drill="kill-postgres"} 1',
    'pgherd_drill_objectives_met{drill="kill-member"} 0',
    `pgherd_drill_finished_timestamp_seconds{drill="kill-postgres"} ${Date.parse(sampleRun.endedAt) / 1000}`,
    `pgherd_drill_next_timestamp_seconds{drill="kill-postgres"} ${Date.parse('2026-01-17T04:00:00Z') / 1000}`,
  ])
    expect(lines).toContain(line)
  expect(lines.join('\n')).not.toContain('pgherd_drill_redundancy_seconds{drill="kill-member"}')
  expect(await expose(platformFamilies(input), textFormat)).not.toContain('pgherd_drill')
})
