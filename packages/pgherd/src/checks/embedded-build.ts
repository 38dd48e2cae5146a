import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { Check } from './check.ts'
import type { Observation } from './observation.ts'

/** The npm build bundles an OpenSSL that no longer gets fixes, and lacks lz4, zstd, JIT and io_uring. */
export const embeddedBuild: Check<Observation['binaries']> = {
  id: 'embedded-build',
  about: 'server',
  everySeconds: 3600,
  probe: { kind: 'observed', read: (observation) => observation.binaries },
  judge({ flavour, version }, { member }) {
    if (flavour !== 'embedded') return []
    return [
      diagnose('EMBEDDED_BUILD', {
        detail: `${member.name} runs PostgreSQL ${version} from npm, which is for development and small use: its bundled OpenSSL 1.1 gets no security fixes.`,
        mend: mend.edit('postgres.binaries', 'system'),
        at: { member: member.name, path: 'postgres.binaries' },
      }),
    ]
  },
  samples: [
    { about: 'system', facts: { flavour: 'system', version: '15.20' }, expect: [] },
    { about: 'embedded', facts: { flavour: 'embedded', version: '18.4' }, expect: ['EMBEDDED_BUILD'] },
  ],
}
