/** An extension whose library must be loaded when the server starts. */
export interface PreloadLibrary {
  readonly extension: string
  readonly library: string
  /** Background workers it starts, counted into max_worker_processes. */
  readonly workers: number
  readonly why: string
  /** `always`: loaded wherever it is installed; `declared`: when a database declares the extension. */
  readonly when: 'always' | 'declared'
  /** Only one database can hold the extension; this setting names it. */
  readonly databaseSetting?: string
  /** Settings it needs. */
  readonly settings?: Readonly<Record<string, string>>
}

/** In the order the libraries must stand in: citus and timescaledb want to be first (their manuals). */
export const preloadLibraries: readonly PreloadLibrary[] = [
  { extension: 'citus', library: 'citus', workers: 2, when: 'declared', why: 'distributed tables' },
  {
    extension: 'timescaledb',
    library: 'timescaledb',
    workers: 19,
    when: 'declared',
    why: 'hypertables and their background jobs',
  },
  {
    extension: 'pg_stat_statements',
    library: 'pg_stat_statements',
    workers: 0,
    when: 'always',
    why: 'which statements take the time',
  },
  {
    extension: 'pg_stat_kcache',
    library: 'pg_stat_kcache',
    workers: 0,
    when: 'declared',
    why: 'reads and CPU per statement',
  },
  {
    extension: 'pg_qualstats',
    library: 'pg_qualstats',
    workers: 0,
    when: 'declared',
    why: 'which predicates lack an index',
  },
  {
    extension: 'pg_wait_sampling',
    library: 'pg_wait_sampling',
    workers: 1,
    when: 'declared',
    why: 'what sessions wait for',
  },
  { extension: 'pgaudit', library: 'pgaudit', workers: 0, when: 'declared', why: 'the audit log' },
  { extension: 'credcheck', library: 'credcheck', workers: 0, when: 'declared', why: 'password rules' },
  {
    extension: 'pg_partman',
    library: 'pg_partman_bgw',
    workers: 1,
    when: 'declared',
    why: 'partitions made ahead of time',
  },
  {
    extension: 'pg_squeeze',
    library: 'pg_squeeze',
    workers: 3,
    when: 'declared',
    why: 'removing bloat in the background',
  },
  { extension: 'pg_net', library: 'pg_net', workers: 1, when: 'declared', why: 'HTTP from SQL' },
  {
    extension: 'pg_cron',
    library: 'pg_cron',
    workers: 5,
    when: 'declared',
    why: 'jobs on a schedule',
    databaseSetting: 'cron.database_name',
    // Otherwise every job is a TCP session that needs a password (pg_cron README, "Ensuring pg_cron can start jobs").
    settings: { 'cron.use_background_workers': 'on' },
  },
]

/** Libraries of contrib that no extension creates, accepted in a declared shared_preload_libraries. */
export const plainLibraries: readonly string[] = [
  'auto_explain',
  'auth_delay',
  'passwordcheck',
  'pg_prewarm',
  'pg_overexplain',
  'pg_hint_plan',
]
