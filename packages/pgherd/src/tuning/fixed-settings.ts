/** Settings a user must not touch, or only within limits. */
export interface FixedSettings {
  readonly names: readonly string[]
  /** Why, in one clause that follows "because". */
  readonly why: string
  /** Where in the spec to say it instead. */
  readonly instead?: string
  /** Values that are fine all the same, canonical; left out: none. */
  readonly allowed?: readonly string[]
}

/** Data, judged by overrides.ts; a name stands in one row only (a test checks it). */
export const fixedSettings: readonly FixedSettings[] = [
  {
    names: ['port'],
    why: 'URLs, checks and the firewall follow the port of the spec',
    instead: 'postgres.port',
  },
  {
    names: ['listen_addresses'],
    why: 'the certificate and the checks follow the addresses of the spec',
    instead: 'postgres.listen',
  },
  { names: ['cluster_name'], why: 'it is the name of the spec', instead: 'name' },
  {
    names: [
      'data_directory',
      'config_file',
      'hba_file',
      'ident_file',
      'external_pid_file',
      'unix_socket_directories',
      'unix_socket_group',
      'unix_socket_permissions',
    ],
    why: 'pgherd places these files itself and its own sessions rely on the place',
  },
  {
    names: [
      'ssl',
      'ssl_cert_file',
      'ssl_key_file',
      'ssl_ca_file',
      'ssl_crl_file',
      'ssl_crl_dir',
      'ssl_passphrase_command',
      'ssl_passphrase_command_supports_reload',
    ],
    why: 'TLS is always on and its files are issued and renewed by pgherd; an own certificate goes into tls.certificate',
    instead: 'tls.certificate',
  },
  {
    names: ['ssl_min_protocol_version', 'ssl_max_protocol_version'],
    why: 'TLS before 1.3 has known weaknesses',
    allowed: ['TLSv1.3', ''],
  },
  { names: ['password_encryption'], why: 'MD5 password hashes can be replayed', allowed: ['scram-sha-256'] },
  { names: ['fsync'], why: 'without it a crash of the machine destroys the database', allowed: ['on'] },
  {
    names: ['full_page_writes'],
    why: 'without it a page half written at a crash stays broken',
    allowed: ['on'],
  },
  {
    names: ['data_sync_retry'],
    why: 'a failed fsync must stop the server: the kernel has dropped the data',
    allowed: ['off'],
  },
  {
    names: ['wal_level'],
    why: 'backups stream the WAL and minimal leaves too little in it',
    allowed: ['replica', 'logical'],
  },
  {
    names: [
      'archive_mode',
      'archive_command',
      'archive_library',
      'archive_timeout',
      'archive_cleanup_command',
    ],
    why: 'WAL is archived by streaming through a slot; a second way would only hide failures of the first',
    instead: 'backups',
  },
  {
    names: [
      'restore_command',
      'recovery_end_command',
      'recovery_target',
      'recovery_target_action',
      'recovery_target_inclusive',
      'recovery_target_lsn',
      'recovery_target_name',
      'recovery_target_time',
      'recovery_target_timeline',
      'recovery_target_xid',
      'primary_conninfo',
      'primary_slot_name',
      'hot_standby',
    ],
    why: 'restores set it for the time of the recovery; left behind, it would decide where the next recovery ends',
  },
  {
    names: ['synchronous_standby_names'],
    why: 'a standby that is not there would stop every commit',
    instead: 'backups.synchronous',
  },
  {
    names: ['idle_replication_slot_timeout'],
    why: 'the slot of the archive must not be dropped while the agent is stopped',
    allowed: ['0'],
  },
  {
    names: ['wal_keep_size'],
    why: 'WAL is kept by the slot of the archive; a second limit only fills the disk',
    allowed: ['0'],
  },
  {
    names: ['autovacuum', 'track_counts', 'track_activities'],
    why: 'without it tables bloat, transaction ids run out, and the checks see nothing',
    allowed: ['on'],
  },
  { names: ['row_security'], why: 'off would turn policies into errors for everybody', allowed: ['on'] },
  {
    names: ['max_prepared_transactions'],
    why: 'a forgotten prepared transaction holds locks and old rows for ever',
    allowed: ['0'],
  },
  {
    names: [
      'logging_collector',
      'log_destination',
      'log_directory',
      'log_filename',
      'log_file_mode',
      'log_line_prefix',
      'log_timezone',
      'log_truncate_on_rotation',
      'log_rotation_age',
      'log_rotation_size',
      'lc_messages',
    ],
    why: '`pgherd logs` and the checks read the log in this place and form',
  },
  { names: ['allow_alter_system'], why: 'reverting drift needs ALTER SYSTEM RESET', allowed: ['on'] },
  { names: ['shared_memory_type'], why: 'other kinds need kernel limits raised', allowed: ['mmap'] },
  {
    names: ['restart_after_crash'],
    why: 'after a crash of one backend the server must come back by itself',
    allowed: ['on'],
  },
  {
    names: [
      'zero_damaged_pages',
      'ignore_checksum_failure',
      'ignore_invalid_pages',
      'ignore_system_indexes',
      'allow_system_table_mods',
      'allow_in_place_tablespaces',
    ],
    why: 'it hides or makes corruption; it is for a repair by hand, never for a running configuration',
    allowed: ['off'],
  },
  {
    names: [
      'pre_auth_delay',
      'post_auth_delay',
      'debug_discard_caches',
      'debug_io_direct',
      'trace_notify',
      'trace_sort',
      'wal_consistency_checking',
      'remove_temp_files_after_crash',
      'jit_debugging_support',
      'jit_dump_bitcode',
      'jit_profiling_support',
    ],
    why: 'it is for developers of PostgreSQL',
    allowed: ['0', 'off', ''],
  },
]
