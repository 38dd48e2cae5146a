import { expect, test } from 'vitest'
import { gucOf, type Major } from './guc.ts'
import { readGucValue } from './guc-value.ts'

function read(name: string, text: string, major: Major = 18) {
  const guc = gucOf(name, major)
  if (!guc) throw new Error(`no ${name}`)
  const reading = readGucValue(guc, text)
  return reading.ok ? reading.canonical : reading.problem
}

test.each([
  ['shared_buffers', '128MB', '16384'],
  ['shared_buffers', '131072kB', '16384'],
  ['work_mem', '4MB', '4096'],
  ['work_mem', '0.5GB', '524288'],
  ['max_wal_size', '1GB', '1024'],
  ['statement_timeout', '15min', '900000'],
  ['statement_timeout', ' 1.5 s ', '1500'],
  ['checkpoint_timeout', '15min', '900'],
  ['log_rotation_age', '1d', '1440'],
  ['random_page_cost', '1.1', '1.1'],
  ['autovacuum_vacuum_cost_delay', '2ms', '2'],
  ['max_connections', '0x64', '100'],
  ['jit', 'TRUE', 'on'],
  ['jit', 'f', 'off'],
  ['wal_compression', 'Lz4', 'lz4'],
  ['synchronous_commit', 'false', 'off'],
  ['search_path', 'a, "b"', 'a, "b"'],
])('%s takes %j', (name, text, canonical) => {
  expect(read(name, text)).toBe(canonical)
})

test.each([
  ['shared_buffers', '128 mb', '"mb" is not a unit here'],
  ['shared_buffers', '64kB', 'outside 16 to 1073741823 (in 8kB)'],
  ['max_connections', '100MB', 'takes no unit'],
  ['max_connections', 'many', 'not a number'],
  ['checkpoint_completion_target', '1.5', 'outside 0 to 1'],
  ['jit', 'o', 'neither on nor off'],
  ['wal_level', 'archive', 'none of logical, minimal, replica'],
  ['search_path', 'a\0b', 'NUL'],
])('%s refuses %j', (name, text, problem) => {
  expect(read(name, text)).toContain(problem)
})
