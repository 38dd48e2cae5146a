import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Databases } from '../database.testkit.ts'
import { identifier, literal } from './sql-text.ts'

const text = fc.string({ unit: 'binary' }).map((each) => each.replaceAll('\0', '').toWellFormed())

test('any text comes back as it was, under either setting of standard_conforming_strings', async () => {
  await using databases = await Databases.start(18)
  const pool = await databases.pool(1)
  const texts = [...fc.sample(text, 500), `\\`, `'`, `\\'`, `E'\\''`, `"`, `$$`, `\r\n`, '🐘']
  for (const setting of ['on', 'off']) {
    await pool.query(`set standard_conforming_strings = ${setting}`)
    const { rows } = await pool.query<{ t: string[] }>(`select array[${texts.map(literal).join(', ')}] as t`)
    expect(rows[0]?.t).toEqual(texts)
  }
  const names = texts.filter((each) => each !== '' && Buffer.byteLength(each) < 64)
  const named = await pool.query(
    `select ${names.map((each, index) => `${index} as ${identifier(each)}`).join(', ')}`,
  )
  expect(named.fields.map(({ name }) => name)).toEqual(names)
})
