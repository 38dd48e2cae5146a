import { diagnose, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { SourceFile } from './source-file.ts'

/** What is wrong with the bytes of a file, whatever they say. */
export function textProblems({ name, text, damaged }: SourceFile): readonly Diagnostic[] {
  if (damaged)
    return [
      diagnose('MIGRATE_TEXT_INVALID', {
        detail: `${name} is not UTF-8, so the server would get other characters than the author wrote`,
        mend: 'save the file as UTF-8',
        at: { file: name },
      }),
    ]
  const nul = text.indexOf('\0')
  if (nul !== -1)
    return [
      diagnose('MIGRATE_TEXT_INVALID', {
        detail: `${name} holds a NUL character; a message to the server ends there, so the rest would never be run`,
        mend: 'remove the character (a file in UTF-16 is full of them: save it as UTF-8)',
        at: { file: name, line: text.slice(0, nul).split('\n').length },
      }),
    ]
  return text.trim() === '' ? [emptyText(name)] : []
}

/** The finding of a file that says nothing yet. */
export function emptyText(name: string): Diagnostic {
  return diagnose('MIGRATE_TEXT_EMPTY', {
    detail: `${name} is empty; it would count as applied, and what is written into it later would never be run`,
    mend: 'write the migration, or remove the file',
    at: { file: name },
  })
}
