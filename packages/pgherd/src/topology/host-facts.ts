/** What a machine is and offers; observed by a Host, read by tuning and components. */
export interface HostFacts {
  readonly platform: string
  readonly arch: string
  /** Memory in bytes usable here: the smaller of the machine and its cgroup limit. */
  readonly memoryBytes: number
  /** Processors usable here: the smaller of the machine, affinity and cgroup quota. */
  readonly cpus: number
  readonly volumes: { readonly data: Volume; readonly repository: Volume }
  /** The operating system user PostgreSQL runs as. */
  readonly runAs: RunAs
  /** The user who started pgherd; equal to runAs unless that is root. */
  readonly invoker: RunAs
  readonly postgres: PostgresBinaries
  /** The other programs of a cluster that are installed here. */
  readonly programs: Programs
}

/** A program and the version it says it has, such as `3.0.2`. */
export interface Program {
  readonly path: string
  readonly version: string
}

/** Programs of a cluster; one that is not installed is left out. */
export interface Programs {
  readonly patroni?: Program
  readonly etcd?: Program
  readonly etcdctl?: Program
  readonly haproxy?: Program
  readonly pgbouncer?: Program
  readonly redis?: Program
}

export interface Volume {
  readonly totalBytes: number
  readonly freeBytes: number
}

export interface RunAs {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

/** One set of PostgreSQL programs. */
export interface PostgresBinaries {
  readonly flavour: 'embedded' | 'system' | 'path'
  readonly major: 15 | 16 | 17 | 18
  /** Full version, such as `18.4`. */
  readonly version: string
  readonly bin: string
  /** Programs beyond postgres and initdb that are there: psql, pgbench, pg_verifybackup, pg_dump, ... with their paths. */
  readonly tools: Readonly<Record<string, string>>
  /** Extensions that can be created (share/extension/*.control). */
  readonly extensions: readonly string[]
  /** True when a probe started a server with io_method=io_uring here; false or absent otherwise. */
  readonly ioUring?: boolean
}
