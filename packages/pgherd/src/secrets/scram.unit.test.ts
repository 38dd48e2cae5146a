import fc from 'fast-check'
import { expect, test } from 'vitest'
import { generatedPassword } from './password.ts'
import { saslprep } from './saslprep.ts'
import { scramVerifier, verifierMatches } from './scram.ts'

// RFC 7677 section 3: user "user", password "pencil"; ServerSignature there follows from these keys.
const rfcSalt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')

test('the verifier has the keys of the example exchange of RFC 7677', () => {
  expect(scramVerifier('pencil', rfcSalt)).toBe(
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  )
})

test('a verifier matches its password and no other', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      (password, salt) => {
        const verifier = scramVerifier(password, salt, 10)
        expect(verifierMatches(verifier, password)).toBe(true)
        expect(verifierMatches(verifier, `${password}x`)).toBe(false)
      },
    ),
  )
})

test.each([
  '',
  'md5aaaabbbbccccddddaaaabbbbccccdddd',
  'SCRAM-SHA-256$4096:$:',
  'SCRAM-SHA-256$0:YQ==$YQ==:YQ==',
  'plain',
])('what is no verifier matches nothing: %j', (text) => {
  expect(verifierMatches(text, text)).toBe(false)
})

// RFC 4013 section 3, where it allows the text; where it refuses, PostgreSQL uses the text as it is.
test.each([
  ['I\u00adX', 'IX'],
  ['user', 'user'],
  ['USER', 'USER'],
  ['\u00aa', 'a'],
  ['\u2168', 'IX'],
  ['\u0007', '\u0007'],
  ['\u0627\u0031', '\u0627\u0031'],
  ['a\u00a0b', 'a b'],
  ['\u00ad', '\u00ad'],
  ['\u{1f600}\u2168', '\u{1f600}\u2168'],
])('%j is prepared as %j', (text, prepared) => {
  expect(saslprep(text)).toBe(prepared)
})

test('a generated password is 32 URL-safe characters and uses all the randomness', () => {
  const password = generatedPassword(Uint8Array.from({ length: 24 }, (_, at) => 255 - at))
  expect(password).toMatch(/^[A-Za-z0-9_-]{32}$/)
  expect(encodeURIComponent(password)).toBe(password)
  expect(Buffer.from(password, 'base64url')).toEqual(
    Buffer.from(Uint8Array.from({ length: 24 }, (_, at) => 255 - at)),
  )
  expect(() => generatedPassword(new Uint8Array(23))).toThrow(/SECRET_TOO_WEAK/)
})
