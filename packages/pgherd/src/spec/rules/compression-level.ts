import { mend } from '../../diagnostic/diagnostic.ts'
import type { SpecRule } from './rule.ts'

export const compressionLevel: SpecRule = {
  id: 'compression-level',
  why: 'The algorithm has no such level.',
  *examine(spec) {
    const { algorithm, level } = spec.backups.compression
    const path = ['backups', 'compression', 'level']
    const involves = [['backups', 'compression', 'algorithm']]
    if (algorithm === 'gzip' && level > 9) {
      yield {
        code: 'SPEC_CONTRADICTION',
        detail: `backups.compression.level is ${String(level)}, but gzip ends at 9; only zstd goes to 19`,
        mend: mend.edit('backups.compression.level', 9),
        path,
        involves,
      }
    } else if (algorithm === 'none' && level !== 1) {
      yield {
        code: 'SPEC_CONTRADICTION',
        detail: `backups.compression.level is ${String(level)}, but the algorithm is none, so nothing is compressed`,
        mend: mend.edit('backups.compression.algorithm', 'zstd'),
        path,
        involves,
      }
    }
  },
  examples: {
    good: { name: 'a', backups: { compression: { algorithm: 'gzip', level: 9 } } },
    bad: [
      {
        spec: { name: 'a', backups: { compression: { algorithm: 'gzip', level: 10 } } },
        at: 'backups.compression.level',
      },
      {
        spec: { name: 'a', backups: { compression: { algorithm: 'none', level: 3 } } },
        at: 'backups.compression.level',
      },
    ],
  },
}
