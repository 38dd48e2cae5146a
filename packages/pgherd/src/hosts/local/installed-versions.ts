import type { Spec } from '../../spec/schema.ts'
import { askVersion, findPrograms } from './programs.ts'

/**
 * Versions of the programs that a restart would start: PostgreSQL in `bin`, and Patroni in a cluster. Programs are asked
 * again only when their files have changed. Rejects when there is no `postgres` in `bin`.
 */
export async function installedVersions(
  spec: Pick<Spec, 'topology'>,
  bin: string,
  state: string,
): Promise<{ readonly postgres?: string; readonly patroni?: string }> {
  const [postgres, { patroni }] = await Promise.all([
    askVersion(`${bin}/postgres`, '--version', /\(PostgreSQL\) (\d+(?:\.\d+)*)/),
    findPrograms(spec, { cache: `${state}/programs.json` }),
  ])
  return {
    ...(postgres ? { postgres: postgres.version } : {}),
    ...(patroni ? { patroni: patroni.version } : {}),
  }
}
