import { expect, test } from 'vitest'
import { sameSetting, settingSql } from './setting-text.ts'

test('names of a list are quoted one by one, other values as a whole', () => {
  expect(settingSql('search_path', '"$user", Public,"a, ""b"')).toBe(
    `SET "search_path" = '$user', 'public', 'a, "b'`,
  )
  expect(settingSql('search_path', '')).toBe(`SET "search_path" = ''`)
  expect(settingSql('pgherd.x', "a, 'b'")).toBe(`SET "pgherd"."x" = 'a, ''b'''`)
})

test('lists are the same when their names are, other values when their text is', () => {
  expect(sameSetting('Search_Path', '"$user",public', '"$user", "public"')).toBe(true)
  expect(sameSetting('search_path', 'a, b', 'b, a')).toBe(false)
  expect(sameSetting('search_path', '"A"', 'a')).toBe(false)
  expect(sameSetting('work_mem', '8MB', '8MB ')).toBe(false)
})
