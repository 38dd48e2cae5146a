import type { Observation, ServerState } from '../../checks/observation.ts'
import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { PassCost } from './collector.ts'
import { drillFamilies } from './drills.ts'
import { single, type Family, type SamplePoint } from './family.ts'

export interface PlatformInput {
  readonly observation: Observation
  readonly findings: readonly Diagnostic[]
  readonly cost: PassCost
  readonly now: Date
  readonly process: {
    readonly residentBytes: number
    readonly cpuSeconds: number
    readonly startedAt: number
  }
}

const states: readonly ServerState[] = ['up', 'refusing', 'down', 'frozen', 'unknown']
const seconds = (time: string) => Date.parse(time) / 1000

/** What no exporter of PostgreSQL knows: backups, proofs, the archive, certificates, our own cost. Pure. */
export function platformFamilies(input: PlatformInput): readonly Family[] {
  const { observation, findings, cost, now } = input
  const age = (time: string | undefined) =>
    time === undefined ? null : Math.max(0, (now.getTime() - Date.parse(time)) / 1000)
  const { catalogue, archive, volumes } = observation
  const byTime = <T>(list: readonly T[], time: (each: T) => string) =>
    list.toSorted((a, b) => Date.parse(time(a)) - Date.parse(time(b))).at(-1)
  const backup = byTime(catalogue?.backups ?? [], (each) => each.stoppedAt)
  const proof = byTime(catalogue?.proofs ?? [], (each) => each.provenAt)
  const good = byTime(
    catalogue?.proofs.filter(({ verdict }) => verdict === 'proven') ?? [],
    (each) => each.provenAt,
  )
  const gauge = (name: string, help: string, samples: readonly SamplePoint[]): Family => ({
    name,
    help,
    type: 'gauge',
    samples,
  })
  return [
    single('pg_up', 'gauge', '1 when the server answers', observation.server.state === 'up' ? 1 : 0),
    gauge(
      'pgherd_server_state',
      '1 for the state the server is in',
      states.map((state) => ({ labels: { state }, value: state === observation.server.state ? 1 : 0 })),
    ),
    single(
      'pgherd_server_silent_seconds',
      'gauge',
      'Seconds since the server last answered',
      observation.server.silentSeconds,
    ),
    single('pgherd_backups', 'gauge', 'Finished base backups', catalogue?.backups.length),
    single('pgherd_backup_age_seconds', 'gauge', 'Age of the newest base backup', age(backup?.stoppedAt)),
    single('pgherd_backup_size_bytes', 'gauge', 'Stored size of the newest base backup', backup?.storedBytes),
    single('pgherd_proof_age_seconds', 'gauge', 'Age of the newest successful proof', age(good?.provenAt)),
    single(
      'pgherd_proof_ok',
      'gauge',
      '1 when the newest proof succeeded, contents compared',
      proof && (proof.verdict === 'proven' ? 1 : 0),
    ),
    single(
      'pgherd_proof_compared_ratio',
      'gauge',
      'Share of the contents that the newest successful proof compared with the live server',
      good?.comparedShare,
    ),
    single(
      'pgherd_proof_rto_seconds',
      'gauge',
      'Measured time to restore of the newest successful proof',
      good?.rtoSeconds,
    ),
    single(
      'pgherd_proof_rpo_seconds',
      'gauge',
      'Measured loss of the newest successful proof',
      good?.rpoSeconds,
    ),
    single(
      'pgherd_restorable_window_start_timestamp_seconds',
      'gauge',
      'Earliest time that can be restored',
      catalogue?.window && seconds(catalogue.window.from),
    ),
    single(
      'pgherd_restorable_window_end_timestamp_seconds',
      'gauge',
      'Latest time that can be restored',
      catalogue?.window && seconds(catalogue.window.to),
    ),
    single(
      'pgherd_wal_archive_gaps',
      'gauge',
      'Stretches of WAL missing from the archive',
      catalogue?.gaps.filter((gap) => !gap.healed).length,
    ),
    single(
      'pgherd_wal_archive_lag_bytes',
      'gauge',
      'WAL written and not yet in the repository',
      archive.lagBytes,
    ),
    single(
      'pgherd_wal_archive_lag_seconds',
      'gauge',
      'Age of the newest moment the archive is complete up to',
      archive.lagSeconds,
    ),
    single(
      'pgherd_wal_archive_streaming',
      'gauge',
      '1 while WAL streams into the repository',
      archive.state === 'off' ? null : archive.state === 'streaming' ? 1 : 0,
    ),
    gauge(
      'pgherd_certificate_expiry_timestamp_seconds',
      'End of a certificate',
      observation.certificates
        .filter((each) => each.problem === null)
        .map((each) => ({ labels: { name: each.name }, value: seconds(each.notAfter) })),
    ),
    gauge(
      'pgherd_disk_free_bytes',
      'Free space',
      volumes
        ? [
            volumeSample('data', volumes.data.freeBytes),
            volumeSample('repository', volumes.repository.freeBytes),
          ]
        : [],
    ),
    gauge(
      'pgherd_disk_size_bytes',
      'Size of the file system',
      volumes
        ? [
            volumeSample('data', volumes.data.totalBytes),
            volumeSample('repository', volumes.repository.totalBytes),
          ]
        : [],
    ),
    {
      name: 'pgherd_unit_restarts_total',
      help: 'Restarts by the supervisor',
      type: 'counter',
      samples: observation.units.map(({ member, name, restarts }) => ({
        // several members have a unit of the same name
        labels: { ...(observation.cluster === undefined ? {} : { member }), unit: name },
        value: restarts,
      })),
    },
    gauge(
      'pgherd_job_ok',
      '1 when the newest run of a job succeeded',
      observation.jobs.map((job) => ({ labels: { kind: job.kind }, value: job.ok ? 1 : 0 })),
    ),
    gauge(
      'pgherd_job_failures',
      'Failed runs in a row',
      observation.jobs.map((job) => ({ labels: { kind: job.kind }, value: job.failures })),
    ),
    gauge(
      'pgherd_job_finished_timestamp_seconds',
      'End of the newest run',
      observation.jobs.map((job) => ({ labels: { kind: job.kind }, value: seconds(job.finishedAt) })),
    ),
    ...drillFamilies(observation.drills),
    gauge('pgherd_findings', 'Findings of the health checks', countFindings(findings)),
    single('pgherd_scrape_seconds', 'gauge', 'Cost of the last round of queries', cost.seconds),
    single('pgherd_scrape_rows', 'gauge', 'Rows read in the last round', cost.rows),
    single('pgherd_scrape_failures', 'gauge', 'Queries that failed in the last round', cost.failed.length),
    single(
      'pgherd_scrape_skipped',
      'gauge',
      'Queries left out of the last round because its time was up',
      cost.skipped,
    ),
    single(
      'process_resident_memory_bytes',
      'gauge',
      'Resident memory of the agent',
      input.process.residentBytes,
    ),
    single('process_cpu_seconds_total', 'counter', 'CPU time of the agent', input.process.cpuSeconds),
    single('process_start_time_seconds', 'gauge', 'Start of the agent', input.process.startedAt),
  ]
}

function volumeSample(volume: string, value: number): SamplePoint {
  return { labels: { volume }, value }
}

function countFindings(findings: readonly Diagnostic[]): readonly SamplePoint[] {
  const counts = new Map<string, { labels: Record<string, string>; value: number }>()
  for (const { code, severity } of findings) {
    const known = counts.get(code)
    if (known) known.value++
    else counts.set(code, { labels: { code, severity }, value: 1 })
  }
  return [...counts.values()]
}
