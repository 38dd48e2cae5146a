import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { DiagnosticError, diagnose, exitCodes, mend } from '../../diagnostic/diagnostic.ts'
import type { Verb } from '../command.ts'
import { textOption } from '../option.ts'
import { openSession } from '../session.ts'

export const run: Verb = async ({ globals, options, output }) => {
  const out = textOption(options, 'out')
  if (out === undefined) {
    throw new DiagnosticError(
      diagnose('USAGE', {
        detail: 'render writes files and was not told where',
        mend: mend.run('pgherd', 'render', '--out', './rendered'),
      }),
    )
  }
  const session = await openSession(globals)
  const root = resolve(out)
  const written = []
  const files = session.sites.flatMap(({ member, wanted }) => wanted.files.map((file) => ({ member, file })))
  for (const { member, file } of files) {
    const path = join(root, member.name, relative(member.paths.state, file.path))
    try {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, file.contents, { mode: file.mode })
    } catch (error) {
      throw new DiagnosticError(
        diagnose('FILE_FAILED', {
          detail: `cannot write ${path}: ${(error as Error).message}`,
          mend: mend.advice('choose a directory you may write to with --out'),
        }),
      )
    }
    written.push({ member: member.name, path, for: file.path })
    output.line(path)
  }
  output.document({ files: written })
  return exitCodes.done
}
