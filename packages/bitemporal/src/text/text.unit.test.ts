import fc from 'fast-check'
import { expect, test } from 'vitest'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { entityPredicate, readEntityPredicate, type EntityPredicate } from '../entity/entity-predicate.ts'
import { readRecords } from './lines.ts'
import { readRecord } from './read-record.ts'
import type { TextRecord } from './record.ts'
import { writeRecord } from './write-record.ts'

const instants = [
  '-infinity',
  '0001-01-01T00:00:00.000000Z',
  '2026-03-29T01:00:00.000001Z',
  '9999-12-31T00:00:00.000000Z',
  'infinity',
]
const period = fc
  .uniqueArray(fc.integer({ min: 0, max: 4 }), { minLength: 2, maxLength: 2 })
  .map((ends) => ends.sort().map((end) => instants[end] ?? ''))
  .map(([from = '', to = '']) => ({ from, to }))
const name = fc.constantFrom('bank', '_x', 'A1', '_', 'VALID_FROM')
const storable = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((text) => !text.includes('\0'))
const predicates = fc.oneof(
  storable,
  name,
  fc.tuple(name, fc.constantFrom('.', '->', '/', ':'), name).map((parts) => parts.join('')),
  fc
    .tuple(fc.constantFrom('entity:', 'reference:', 'relationship:', '/'), name)
    .map((parts) => parts.join('')),
)
const values = fc.oneof(
  fc.constantFrom<unknown>(
    true,
    null,
    'x',
    0.5,
    -7,
    [],
    {},
    [
      ['bank', 'a'],
      ['bank', 'b"'],
    ],
    [
      ['bank', 1],
      ['bank', 'b'],
    ],
  ),
  fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
  fc.dictionary(storable, fc.constantFrom(1, null, '}"{', [true])),
)

test('whatever a fact is about and says, its line is read as the same', () => {
  fc.assert(
    fc.property(
      storable,
      predicates,
      values,
      period,
      period,
      (subject, predicate, value, valid, recorded) => {
        const record: TextRecord = { subject, predicate, json: JSON.stringify(value), valid, recorded }
        const line = writeRecord(record)
        expect(line).not.toMatch(/[\n\r]/)
        expect(readRecord(line)).toEqual(record)
      },
    ),
    { numRuns: 2000 },
  )
})

test('predicates of entities and the like are read as what they were written from', () => {
  const cases: EntityPredicate[] = [
    { kind: 'entity', name: 'bank' },
    { kind: 'reference', name: 'country_code' },
    { kind: 'relationship', name: 'owns' },
    { kind: 'attribute', entity: 'bank', name: 'bank_name' },
    { kind: 'attributeReference', entity: 'bank', name: 'country_code' },
    { kind: 'struct', entity: 'customer', name: 'address' },
    { kind: 'structAttribute', name: 'street' },
  ]
  for (const each of cases) expect(readEntityPredicate(entityPredicate(each))).toEqual(each)
  for (const plain of ['salary', 'a.b.c', '1.b', 'a b', '', '_.x', 'entity:', 'relationship:a b'])
    expect(readEntityPredicate(plain)).toBeUndefined()
})

/** In the format of others: AriaState's example of version 1.3, with a comment, a blank line and entities without times. */
const foreign = `VERSION 1.3
# Entity Declarations
ENTITY bank "01K3Y0690AJCRFEJ2J49X6ZECY"
ENTITY customer "CUST123"

REFERENCE country_code "01K3Y07Z94DGJWVMB0JG4YSDBV" "US"
ATTRIBUTE_OF bank "01K3Y0690AJCRFEJ2J49X6ZECY" bank_name "Bank Alpha" VALID_FROM 2023-01-01T00:00:00Z RECORDED_AT 2023-01-01T12:00:00Z
ATTRIBUTE_REF_OF bank 01K3Y0690AJCRFEJ2J49X6ZECY country_code 01K3Y07Z94DGJWVMB0JG4YSDBV VALID_FROM 2023-01-01T00:00:00Z RECORDED_AT 2023-01-01T12:00:00Z
STRUCT_OF customer "CUST123" address "ADDR_ID_1" VALID_FROM 2024-06-01T00:00:00Z RECORDED_AT 2024-06-01T10:00:00Z
ATTRIBUTE_OF_STRUCT "ADDR_ID_1" street "123 Main St"
RELATIONSHIP subsidiary_of "REL_ID_1" bank "01K5B2" bank "01K3Y0690AJCRFEJ2J49X6ZECY" VALID_FROM 2026-03-15T00:00:00Z VALID_TO 2027-01-01T00:00:00Z RECORDED_AT 2026-03-15T17:00:00Z RECORDED_TO 2026-04-01T00:00:00+02:00
`

test('the format of others is read, in pieces of any size, with either end of line', async () => {
  const records = await all(readRecords([foreign], true))
  expect(records.map(({ subject, predicate, json }) => `${subject} ${predicate} ${json}`)).toEqual([
    '01K3Y0690AJCRFEJ2J49X6ZECY entity:bank true',
    'CUST123 entity:customer true',
    '01K3Y07Z94DGJWVMB0JG4YSDBV reference:country_code "US"',
    '01K3Y0690AJCRFEJ2J49X6ZECY bank.bank_name "Bank Alpha"',
    '01K3Y0690AJCRFEJ2J49X6ZECY bank->country_code "01K3Y07Z94DGJWVMB0JG4YSDBV"',
    'CUST123 customer/address "ADDR_ID_1"',
    'ADDR_ID_1 /street "123 Main St"',
    'REL_ID_1 relationship:subsidiary_of [["bank","01K5B2"],["bank","01K3Y0690AJCRFEJ2J49X6ZECY"]]',
  ])
  expect(records[0]).toMatchObject({
    valid: { from: '-infinity', to: 'infinity' },
    recorded: { from: '-infinity' },
  })
  expect(records.at(-1)).toMatchObject({
    valid: { to: '2027-01-01T00:00:00.000000Z' },
    recorded: { to: '2026-03-31T22:00:00.000000Z' },
  })
  const bytes = Buffer.from(foreign.replaceAll('\n', '\r\n').replace('Alpha', '😀'))
  const pieces = Array.from({ length: bytes.length }, (_, at) => bytes.subarray(at, at + 1))
  const again = await all(readRecords(pieces, true))
  expect(again).toHaveLength(8)
  expect(again[3]?.json).toBe('"Bank 😀"')
})

const times = 'VALID_FROM 2026-01-01Z RECORDED_AT 2026-01-02'
const good = 'ATTRIBUTE_OF bank "x" a 1 VALID_FROM 2026-01-01 RECORDED_AT 2026-01-02'

test.each([
  ['NONSENSE x', 'begins with NONSENSE'],
  ['ENTITY', 'a name is missing'],
  ['ENTITY 1bank "x"', '1bank is no name'],
  ['ENTITY bank "x', 'has no end'],
  ['ENTITY bank x.y', 'x.y is no id'],
  ['ENTITY bank ""', 'the id is no text, or empty'],
  ['ENTITY bank "a\\u0000b"', 'NUL'],
  ['ENTITY bank "a\\xb"', 'is not an id'],
  [`ATTRIBUTE_OF bank "x" a`, 'a value is missing'],
  [`ATTRIBUTE_OF bank "x" a nothing ${times}`, 'is not a value'],
  [
    `ATTRIBUTE_OF bank "x" a "\\ud800" VALID_FROM 2026-01-01 RECORDED_AT 2026-01-02`,
    'half of a surrogate pair',
  ],
  [`ATTRIBUTE_OF _ "x" a {"b": nope} VALID_FROM 2026-01-01 RECORDED_AT 2026-01-02`, 'is not a value'],
  [`ATTRIBUTE_OF _ "x" a {"b": [1] VALID_FROM 2026-01-01 RECORDED_AT 2026-01-02`, 'has no end'],
  [`ATTRIBUTE_OF bank "x" a 1`, 'VALID_FROM is missing'],
  [`ATTRIBUTE_OF bank "x" a 1 ${times}`, 'neither a Date nor text'],
  [good.replace('2026-01-01', '2026-10-25T02:30:00'), 'no offset from UTC'],
  [good.replace('2026-01-01', '2026-02-30'), 'no such day'],
  [good.replace(' RECORDED', ' VALID_TO 2026-01-01 RECORDED'), 'valid time begins at'],
  [`${good} RECORDED_TO 2025-01-01`, 'recorded time begins at'],
  [`${good} more`, 'more is too much'],
  [good.replace('RECORDED_AT', 'KNOWN_AT'), 'KNOWN_AT stands where RECORDED_AT is expected'],
  ['ATTRIBUTE_REF_OF _ "x" a "y"', 'the entity is _'],
])('a bad line is refused with its number and a mend: %s', async (line, said) => {
  const reading = all(readRecords([`VERSION 1.3\n${good}\n`, `${line}\n`], true))
  await expect(reading).rejects.toMatchObject({
    code: 'INVALID_TEXT',
    detail: expect.stringMatching(/^line 3: /),
    mend: expect.stringMatching(/\w/),
  })
  await expect(reading).rejects.toThrow(said)
})

test('bytes that are not UTF-8 are refused with a line', async () => {
  const reading = all(readRecords([Buffer.from(`${good}\n`), Buffer.from([0x22, 0xff, 0x0a])], true))
  await expect(reading).rejects.toMatchObject({
    code: 'INVALID_TEXT',
    detail: expect.stringContaining('line 2'),
  })
})
