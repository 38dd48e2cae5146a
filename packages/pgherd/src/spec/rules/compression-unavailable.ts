import { mend } from '../../diagnostic/diagnostic.ts'
import type { SpecRule } from './rule.ts'

export const compressionUnavailable: SpecRule = {
  id: 'compression-unavailable',
  why: 'The embedded server is built without zstd (measured with 18.4.0-beta.17), so every backup would fail.',
  *examine(spec) {
    const { at, algorithm } = spec.backups.compression
    if (spec.postgres.binaries !== 'embedded' || at !== 'server' || algorithm !== 'zstd') return
    yield {
      code: 'SPEC_CONTRADICTION',
      detail:
        'the embedded PostgreSQL is built without zstd, so it cannot compress backups with it; pgherd itself can',
      mend: mend.edit('backups.compression.at', 'client'),
      path: ['backups', 'compression', 'at'],
      involves: [
        ['postgres', 'binaries'],
        ['backups', 'compression', 'algorithm'],
      ],
    }
  },
  examples: {
    good: { name: 'a', postgres: { binaries: 'system' }, backups: { compression: { at: 'server' } } },
    bad: [{ spec: { name: 'a', backups: { compression: { at: 'server' } } }, at: 'backups.compression.at' }],
  },
}
