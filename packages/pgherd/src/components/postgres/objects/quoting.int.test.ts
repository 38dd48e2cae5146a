import { majors } from '@pgherd/testbed/postgres-programs.ts'
import { ThrowawayServer } from '@pgherd/testbed/throwaway-server.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quoteIdentifier, quoteLiteral } from './quoting.ts'

const piece = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.constantFrom(
    '"',
    "'",
    '\\',
    '{{',
    '{{scram:role-x}}',
    '$$',
    '--',
    ';',
    '/*',
    '\n',
    '%',
    "E'",
    'é',
    '\u{1f600}',
    'select',
  ),
)
const text = fc
  .array(piece, { maxLength: 8 })
  .map((pieces) => pieces.join(''))
  .filter((value) => value.isWellFormed() && !value.includes('\0'))
const name = text.filter((value) => value !== '' && Buffer.byteLength(value) <= 63)

test.each(majors)('quoting means on PostgreSQL %i what format() means, for any text', async (major) => {
  await using server = await ThrowawayServer.start({ major })
  const client = await server.connect()
  for (const conforming of ['on', 'off']) {
    await client.query(`set standard_conforming_strings = ${conforming}; set escape_string_warning = off`)
    await fc.assert(
      fc.asyncProperty(name, text, async (identifier, literal) => {
        const asIdentifier = quoteIdentifier(identifier)
        const asLiteral = quoteLiteral(literal)
        expect(asIdentifier + asLiteral).not.toContain('{{')
        // identifiers with U& need standard_conforming_strings (sql-syntax-lexical): ours always run with it on
        if (conforming === 'off' && asIdentifier.startsWith('U&')) return
        const { rows, fields } = await client.query(`select ${asLiteral}::text as ${asIdentifier}`)
        expect(fields[0]?.name).toBe(identifier)
        expect(rows[0]?.[identifier]).toBe(literal)
        const formatted = await client.query<{ i: string; l: string }>(
          "select format('%I', $1::text) i, format('%L', $2::text) l",
          [identifier, literal],
        )
        if (!literal.includes('{{')) expect(asLiteral).toBe(formatted.rows[0]?.l)
        // the server leaves the quotes out where a name needs none
        if (!identifier.includes('{{'))
          expect([asIdentifier, asIdentifier.slice(1, -1)]).toContain(formatted.rows[0]?.i)
      }),
      { numRuns: 300 },
    )
  }
  await client.end()
})

test.each(['', 'a\0b', '\ud800', 'x'.repeat(64), 'é'.repeat(32)])('%j is refused as a name', (unusable) => {
  expect(() => quoteIdentifier(unusable)).toThrow(/IDENTIFIER_UNUSABLE/)
})

test('63 bytes are allowed, and a literal may be longer', () => {
  expect(quoteIdentifier('é'.repeat(31) + 'x')).toBe(`"${'é'.repeat(31)}x"`)
  expect(quoteLiteral('x'.repeat(100))).toBe(`'${'x'.repeat(100)}'`)
  expect(() => quoteLiteral('a\0')).toThrow(/NUL/)
})
