import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { listOption, textOption } from '../option.ts'
import type { Action } from './action.ts'
import { shown } from './findings.ts'
import { diff, newMigration, up, withSchema } from './library.ts'

/**
 * Writes the migration from what the files make to what a schema file says, both on throwaway databases of the server: the
 * database itself also has what pgherd and others put there, which no file of this folder makes.
 */
export const diffAction: Action = {
  name: 'diff',
  words: ['name'],
  async run({ invocation, folder, words, migrations, connect }) {
    const { output, options, globals } = invocation
    const schema = readSchema(
      resolve(textOption(options, 'schema') ?? resolve(dirname(globals.spec), 'schema.sql')),
    )
    const files = migrations()
    await using owned = await connect()
    const admin = await owned.administer()
    try {
      const database = { admin, connect: owned.open, owner: owned.owner }
      const { steps, destroys, findings } = await withSchema({ ...database, schema: '' }, async (made) => {
        await up(made, files)
        return await withSchema({ ...database, schema }, (wanted) =>
          diff(made, wanted, { ignoreSchemas: listOption(options, 'ignoreSchema') }),
        )
      })
      const name = words[0] ?? ''
      const written = steps.map((step, index) =>
        newMigration(folder, index === 0 ? name : `${name} ${index + 1}`, step),
      )
      for (const { files: paths } of written) for (const path of paths) output.line(path)
      if (destroys.length > 0)
        output.line(output.paint.yellow(`read this before you run it:\n${destroys.join('\n')}`))
      if (written.length === 0) output.line('no difference')
      output.findings(findings.map(shown))
      return { ok: true, document: { steps: written, destroys, findings: findings.map(shown) } }
    } finally {
      await admin.end()
    }
  },
}

/** Throws DiagnosticError USAGE. */
function readSchema(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new DiagnosticError(
      diagnose('USAGE', {
        detail: `the schema file cannot be read: ${error instanceof Error ? error.message : String(error)}`,
        mend: mend.run('pgherd', 'migrate', '--help'),
      }),
      { cause: error },
    )
  }
}
