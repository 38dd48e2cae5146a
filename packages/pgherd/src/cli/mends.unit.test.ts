import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commands } from './commands/registry.ts'

const source = join(import.meta.dirname, '..')
const globalOptions = ['--spec', '--state', '--json', '--yes', '--help']

interface FoundMend {
  readonly at: string
  /** Literal words; what is computed counts as a value. */
  readonly words: readonly string[]
}

/** Every command line the program advises, as far as it is written out in the sources. */
function mendsIn(file: string): FoundMend[] {
  const text = readFileSync(join(source, file), 'utf8')
  return [...text.matchAll(/mend\.run\(\s*'pgherd',/g)].map((match) => ({
    at: `${file}:${text.slice(0, match.index).split('\n').length}`,
    words: [...argumentsFrom(text.slice(match.index + match[0].length)).matchAll(/'((?:[^'\\]|\\.)*)'/g)].map(
      ([, word = '']) => word,
    ),
  }))
}

/** The text up to the parenthesis that closes the call. */
function argumentsFrom(text: string): string {
  let depth = 1
  const end = [...text].findIndex((letter) => {
    if (letter === '(') depth++
    if (letter === ')') depth--
    return depth === 0
  })
  return text.slice(0, end)
}

const mends = globSync('**/*.ts', { cwd: source })
  .filter((file) => !/\.(test|testkit|fixture)\.ts$/.test(file))
  .flatMap(mendsIn)

test('there are many, so that a search that finds none is noticed', () => {
  expect(mends.length).toBeGreaterThan(60)
})

test('every command that is advised is one the program understands', () => {
  const wrong = mends.flatMap(({ at, words: [verb, ...rest] }) => {
    // the verb is computed, or asked for help itself
    if (verb === undefined || verb === '--help') return []
    const command = commands.find(({ name }) => name === verb)
    if (!command) return [`${at}: no verb ${verb}`]
    const end = rest.indexOf('--')
    const own = end < 0 ? rest : rest.slice(0, end)
    const known = [...globalOptions, ...command.options.map(({ flags }) => flags.split(' ')[0] ?? '')]
    const unknown = own.filter((word) => word.startsWith('-') && !known.includes(word))
    const placeless =
      verb === 'restore' && !['--into', '--in-place', '--undo'].some((option) => own.includes(option))
        ? ['restore without a place']
        : []
    return [...unknown, ...placeless].map((word) => `${at}: ${verb} ${word}`)
  })
  expect(wrong).toEqual([])
})
