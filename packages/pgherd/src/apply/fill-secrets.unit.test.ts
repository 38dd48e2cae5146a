import { expect, test } from 'vitest'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import { verifierMatches } from '../secrets/scram.ts'
import { fillSecrets, fillVerifiers } from './fill-secrets.ts'

const values: Readonly<Record<string, string>> = {
  'role-app': 's3cret',
  'role-%C3%A9%22': 'other',
  hostile: "{{secret:role-app}} $& $1 {{scram:role-app}} '",
  quoted: 'a"b',
  empty: '',
}
const asked: string[] = []
const read = (id: string): Promise<string> => {
  asked.push(id)
  const value = values[id]
  if (value !== undefined) return Promise.resolve(value)
  throw new DiagnosticError(diagnose('SECRET_GONE', { detail: `no ${id}`, mend: mend.run('pgherd', 'up') }))
}

test('each gap gets its value, read once', async () => {
  asked.length = 0
  expect(
    await fillSecrets('a {{secret:role-app}} b {{secret:role-%C3%A9%22}} c {{secret:role-app}}', read),
  ).toBe('a s3cret b other c s3cret')
  expect(asked).toEqual(['role-app', 'role-%C3%A9%22'])
})

test('within double quotes a double quote of a value is written twice', async () => {
  expect(await fillSecrets('"app" "{{secret:quoted|doubled}}" {{secret:quoted}}', read)).toBe(
    '"app" "a""b" a"b',
  )
})

test('what a value holds is put in as it is: no gap in it is filled, no pattern in it expanded', async () => {
  expect(await fillSecrets('<{{secret:hostile}}|{{secret:role-app}}>', read)).toBe(
    `<${values['hostile'] ?? ''}|s3cret>`,
  )
})

test('SQL gets a verifier of the password, a new one each time, never the password', async () => {
  const texts = [
    await fillVerifiers("PASSWORD '{{scram:role-app}}'", read),
    await fillVerifiers("PASSWORD '{{scram:role-app}}'", read),
  ]
  for (const text of texts) {
    const verifier = /^PASSWORD '(SCRAM-SHA-256\$4096:[\w+/=:$]+)'$/.exec(text)?.[1] ?? ''
    expect(verifierMatches(verifier, 's3cret')).toBe(true)
    expect(text).not.toContain('s3cret')
  }
  expect(texts[0]).not.toBe(texts[1])
})

test('only gaps of its own kind are filled', async () => {
  expect(await fillSecrets('{{scram:role-app}} {{other:x}} {{ secret:role-app }}', read)).toBe(
    '{{scram:role-app}} {{other:x}} {{ secret:role-app }}',
  )
})

test.each([
  '{{secret:nobody}}',
  '{{secret:}}',
  '{{secret:role-app}',
  '{{secret:{{secret:role-app}}}}',
  '{{secret:empty}}',
])('a gap nobody can fill is an error, not a hole: %s', async (gap) => {
  await expect(fillSecrets(`before ${gap} after`, read)).rejects.toThrow()
})

test('an empty password is no password: the role would be open', async () => {
  await expect(fillVerifiers("PASSWORD '{{scram:empty}}'", read)).rejects.toMatchObject({
    diagnostics: [{ code: 'SECRET_GONE' }],
  })
})
