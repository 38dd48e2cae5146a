import { readFileSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { codes as library } from '../../../../migrate/src/index.ts'
import { expect, test } from 'vitest'
import { migrateCodes } from '../../diagnostic/codes/migrate.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic.ts'
import { asFindings, shown } from './findings.ts'
import { readMigrations } from './library.ts'

test('the codes of the library are those the platform shows, with the same words', () => {
  const plain = Object.fromEntries(
    Object.entries(migrateCodes).map(([code, { severity, summary }]) => [code, { severity, summary }]),
  )
  expect(plain).toEqual(library)
})

test('mends that the library writes for programs become command lines', () => {
  const finding = {
    code: 'MIGRATE_GAP',
    severity: 'error',
    summary: 's',
    detail: 'd',
    at: { file: 'f', line: 2, version: '3' },
  } as const
  const said = (text: string) => shown({ ...finding, mend: { kind: 'advice', text } })
  expect(said(`put it back, or repair with { kind: 'accept-checksum', version: '3' }`).mend).toEqual({
    kind: 'advice',
    text: 'put it back, or pgherd migrate repair accept-checksum 3',
  })
  expect(said(`repair with { kind: 'rebuild-table' }: it keeps`).mend).toMatchObject({
    text: 'pgherd migrate repair rebuild-table: it keeps',
  })
  expect(said(`allow gaps with { gaps: 'allow' }`)).toMatchObject({
    at: { file: 'f', line: 2 },
    mend: { text: 'allow gaps with --gaps' },
  })
  expect(said('leave the schema out with { ignoreSchemas }').mend).toMatchObject({
    text: 'leave the schema out with --ignore-schema',
  })
})

test('no option of a program is left in what the command line says', () => {
  const source = join(import.meta.dirname, '../../../../migrate/src')
  const literals = globSync('**/*.ts', { cwd: source, exclude: ['**/*.test.ts'] }).flatMap((file) =>
    [...readFileSync(join(source, file), 'utf8').matchAll(/mend: (?:`([^`]*)`|'([^']*)')/g)].map(
      ([, a, b]) => a ?? b ?? '',
    ),
  )
  expect(literals.length).toBeGreaterThan(15)
  for (const text of literals) {
    const filled = text.replaceAll(/\$\{[^}]*\}/g, '7')
    const { mend } = shown({
      code: 'MIGRATE_GAP',
      severity: 'error',
      summary: '',
      detail: '',
      at: {},
      mend: { kind: 'advice', text: filled },
    })
    expect(mend.kind === 'advice' ? mend.text : '').not.toMatch(/\{ \w+/)
  }
})

test('errors of the library are refusals of the command line, anything else stays a defect', async () => {
  await expect(asFindings(() => readMigrations('/nowhere/at/all'))).rejects.toMatchObject({
    diagnostics: [{ code: 'MIGRATE_FOLDER_UNREADABLE' }],
    exitCode: 3,
  })
  await expect(asFindings(() => readMigrations('/nowhere/at/all'))).rejects.toBeInstanceOf(DiagnosticError)
  await expect(
    asFindings(() => {
      throw new TypeError('x')
    }),
  ).rejects.toBeInstanceOf(TypeError)
})
