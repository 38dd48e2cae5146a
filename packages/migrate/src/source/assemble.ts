import { diagnose, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { checksumOf, rawChecksumOf, withoutByteOrderMark } from './checksum.ts'
import { parseFileName, type FileName } from './file-name.ts'
import { readHeader, type Header } from './header.ts'
import type { Part } from './layouts/layout.ts'
import { splitFile } from './layouts/registry.ts'
import type { CodeScript, Migration, SqlScript } from './migration.ts'
import { duplicates, gaps, inOrder } from './sequence.ts'
import type { SourceFile } from './source-file.ts'
import { emptyText, textProblems } from './text-problems.ts'

export interface SourceOptions {
  /** Whether numbers may be missing in a counted sequence (001, 003); `refuse` when left out. */
  readonly gaps?: 'refuse' | 'allow'
}

export interface Assembled {
  /** In the order in which they run. */
  readonly migrations: readonly Migration[]
  /** Every problem of every file. */
  readonly findings: readonly Diagnostic[]
}

interface Named extends FileName {
  readonly file: SourceFile
}

/** Makes migrations of files. Pure. */
export function assemble(files: readonly SourceFile[], options: SourceOptions = {}): Assembled {
  const findings: Diagnostic[] = []
  const named: Named[] = []
  for (const file of files) {
    const parsed = parseFileName(file.name)
    if (parsed === 'unreadable') findings.push(unreadable(file.name))
    if (typeof parsed !== 'object') continue
    findings.push(...textProblems(file))
    named.push({ ...parsed, file })
  }
  const downs = Map.groupBy(
    named.filter(({ part }) => part === 'down'),
    ({ version }) => version,
  )
  const migrations = inOrder(
    named
      .filter(({ part }) => part !== 'down')
      .map((up) => migrationOf(up, downs.get(up.version) ?? [], findings)),
  )
  const versions = new Set(migrations.map(({ version }) => version))
  for (const [version, [down]] of downs) if (down && !versions.has(version)) findings.push(alone(down))
  findings.push(...duplicates(migrations), ...(options.gaps === 'allow' ? [] : gaps(migrations)))
  return { migrations, findings }
}

function migrationOf(up: Named, downs: readonly Named[], findings: Diagnostic[]): Migration {
  const { version, name, file } = up
  const said = { version, name, checksum: checksumOf(file.text), rawChecksum: rawChecksumOf(file.text) }
  const [downFile, another] = downs
  if (another) findings.push(twice(another.file.name, downFile?.file.name ?? ''))
  if (up.part === 'code') {
    if (downFile) findings.push(twice(downFile.file.name, file.name))
    const code = codeScript(file, findings)
    return { ...said, up: code, down: code }
  }
  const parts = splitFile(withoutByteOrderMark(file.text))
  if (parts.problem !== undefined) findings.push(contradictory(file.name, parts.problem))
  if (parts.down && isBare(parts.up)) findings.push(emptyText(file.name))
  if (parts.down && downFile) findings.push(twice(downFile.file.name, file.name))
  const down = parts.down
    ? sqlScript(file.name, parts.down, findings)
    : downFile && sqlScript(downFile.file.name, wholeOf(downFile.file), findings)
  return {
    ...said,
    // a down part in the same file may be mended later; what was applied is the up part
    checksum: parts.down ? checksumOf(parts.up.text) : said.checksum,
    up: sqlScript(file.name, parts.up, findings),
    down,
  }
}

/** Nothing but its mark and comments: a file that was begun and not written. */
function isBare({ text }: Part): boolean {
  return text.split('\n').every((line) => line.trim() === '' || line.startsWith('--'))
}

function wholeOf({ text }: SourceFile): Part {
  return { text: withoutByteOrderMark(text), firstLine: 1, transactional: true }
}

function sqlScript(
  file: string,
  { text, firstLine, transactional }: Part,
  findings: Diagnostic[],
): SqlScript {
  const header = readHeader(text)
  findings.push(...unknownDirectives(file, header, firstLine))
  return { kind: 'sql', text, file, firstLine, transactional: transactional && header.transactional }
}

function codeScript({ name, text, load }: SourceFile, findings: Diagnostic[]): CodeScript {
  const header = readHeader(withoutByteOrderMark(text), '//')
  findings.push(...unknownDirectives(name, header, 1))
  return {
    kind: 'code',
    text: withoutByteOrderMark(text),
    file: name,
    firstLine: 1,
    transactional: header.transactional,
    load: load ?? (() => Promise.reject(new TypeError(`${name} was embedded without its module`))),
  }
}

function unknownDirectives(file: string, header: Header, firstLine: number): readonly Diagnostic[] {
  return header.unknown.map(({ text, line }) =>
    diagnose('MIGRATE_DIRECTIVE_UNKNOWN', {
      detail: `${file} says "pgherd: ${text}", which means nothing and would be passed over in silence`,
      mend: 'write "pgherd: no-transaction" or "pgherd: allow MIG04 because ...", or remove the line',
      at: { file, line: line + firstLine - 1 },
    }),
  )
}

function unreadable(file: string): Diagnostic {
  return diagnose('MIGRATE_NAME_UNREADABLE', {
    detail: `the name of ${file} does not begin with a version (at most 9223372036854775807) and a name, so it would never be run`,
    mend: 'name it like 007_add_orders.sql, or move it out of the folder',
    at: { file },
  })
}

function alone({ version, file }: Named): Diagnostic {
  return diagnose('MIGRATE_DOWN_ALONE', {
    detail: `${file.name} undoes version ${version}, which no file applies`,
    mend: 'add the migration, or correct the number of the down file',
    at: { file: file.name, version },
  })
}

function twice(file: string, other: string): Diagnostic {
  return diagnose('MIGRATE_DOWN_TWICE', {
    detail: `${file} undoes what ${other} undoes already, so it is open which of them would run`,
    mend: 'keep one of them',
    at: { file },
  })
}

function contradictory(file: string, problem: string): Diagnostic {
  return diagnose('MIGRATE_LAYOUT_INVALID', {
    detail: `${file} ${problem}`,
    mend: 'put one up mark first, alone in its line, and one down mark below it; write other comments in other words',
    at: { file },
  })
}
