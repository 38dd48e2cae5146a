import { writeFile } from 'node:fs/promises'
import { basename, dirname, relative, resolve } from 'node:path'
import { DiagnosticError, diagnose, exitCodes, mend } from '../../diagnostic/diagnostic.ts'
import { packageFile } from '../../package-files.ts'
import { parseSpec } from '../../spec/parse.ts'
import { specTemplate } from '../../spec/template.ts'
import type { Verb } from '../command.ts'

export const run: Verb = async ({ globals, options, output }) => {
  const file = resolve(globals.spec)
  const name = typeof options['name'] === 'string' ? options['name'] : nameOf(dirname(file))
  const text = specTemplate({ name, schema: schemaFrom(dirname(file)) })
  const parsed = parseSpec(text, file)
  if (!parsed.ok) throw new DiagnosticError(parsed.diagnostics)
  if (options['dryRun'] === true) {
    output.line(text.trimEnd())
    output.document({ ok: true, dryRun: true, file, text })
    return exitCodes.done
  }
  try {
    await writeFile(file, text, { flag: 'wx' })
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST'
    throw new DiagnosticError(
      diagnose(exists ? 'FILE_EXISTS' : 'SPEC_UNREADABLE', {
        detail: exists
          ? `${file} is there already and was left as it is`
          : `cannot write ${file}: ${(error as Error).message}`,
        mend: exists
          ? mend.run('pgherd', 'plan', '--spec', globals.spec)
          : mend.advice('choose a directory you may write to with --spec'),
      }),
    )
  }
  output.line(
    `Wrote ${globals.spec}. Next: pgherd up${globals.spec === './pgherd.yaml' ? '' : ` --spec ${globals.spec}`}`,
  )
  output.document({ ok: true, file })
  return exitCodes.done
}

/** Where an editor finds the JSON Schema of specs, as seen from the spec's directory. */
function schemaFrom(directory: string): string {
  return relative(directory, packageFile('schema/pgherd.schema.json'))
}

/** A valid name from a directory's: lower-case letters, digits and hyphens. */
function nameOf(directory: string): string {
  const name = basename(directory)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '')
    .slice(0, 40)
  return name || 'database'
}
