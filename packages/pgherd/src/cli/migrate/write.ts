import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import type { Action } from './action.ts'
import { who } from './change.ts'
import { newMigration, repair, type RepairAction } from './library.ts'

/** Makes the files of the next migration; needs no database. */
export const newAction: Action = {
  name: 'new',
  words: ['name'],
  run({ invocation: { output }, folder, words }) {
    const made = newMigration(folder, words[0] ?? '')
    for (const file of made.files) output.line(file)
    return Promise.resolve({ ok: true, document: { ...made } })
  },
}

const alone = ['rebuild-table', 'break-lock'] as const
const ofVersion = ['adopt', 'resume', 'forget', 'complete', 'accept-checksum', 'forget-missing'] as const

/** Carries out a decision about something broken. */
export const repairAction: Action = {
  name: 'repair',
  words: ['kind', 'version'],
  optional: 1,
  async run({ invocation: { output }, words, migrations, connect }) {
    const action = repairOf(words)
    const files = migrations()
    await using owned = await connect()
    const done = await repair(owned.client, files, action, { who: who() })
    output.line(done)
    return { ok: true, document: { database: owned.database, done } }
  },
}

/** Throws DiagnosticError USAGE. */
function repairOf([kind, version]: readonly string[]): RepairAction {
  const single = alone.find((each) => each === kind)
  if (single && version === undefined) return { kind: single }
  const versioned = ofVersion.find((each) => each === kind)
  if (versioned && version !== undefined) return { kind: versioned, version }
  throw new DiagnosticError(
    diagnose('USAGE', {
      detail: `repair takes ${ofVersion.join(', ')}, each with a version, or ${alone.join(', ')} without one`,
      mend: mend.run('pgherd', 'migrate', 'verify'),
    }),
  )
}
