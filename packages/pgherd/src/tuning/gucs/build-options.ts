import type { HostFacts } from '../../topology/host-facts.ts'

/** A value that only some builds of PostgreSQL accept, and what the build must have been made with. */
export interface BuildOption {
  readonly name: string
  readonly value: string
  readonly needs: 'lz4' | 'zstd' | 'liburing'
}

/**
 * Values missing from `pg_settings.enumvals` when the build lacks a library
 * (https://www.postgresql.org/docs/current/install-make.html, --with-lz4, --with-zstd, --with-liburing).
 */
export const buildOptions: readonly BuildOption[] = [
  { name: 'default_toast_compression', value: 'lz4', needs: 'lz4' },
  { name: 'wal_compression', value: 'lz4', needs: 'lz4' },
  { name: 'wal_compression', value: 'zstd', needs: 'zstd' },
  { name: 'io_method', value: 'io_uring', needs: 'liburing' },
]

/**
 * What a build can do. Debian's, PGDG's and Homebrew's servers have lz4 and zstd; the embedded one has
 * neither; of a build somebody made we know nothing. io_uring counts only after a probe started a server
 * with it: seccomp, `kernel.io_uring_disabled` or RLIMIT_MEMLOCK forbid it on many machines.
 */
export function buildHas(facts: HostFacts, library: BuildOption['needs']): 'yes' | 'no' | 'unknown' {
  if (library === 'liburing') return facts.postgres.ioUring === true ? 'yes' : 'no'
  const { flavour } = facts.postgres
  return flavour === 'system' ? 'yes' : flavour === 'embedded' ? 'no' : 'unknown'
}
