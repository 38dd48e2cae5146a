import fc from 'fast-check'
import { expect, test } from 'vitest'
import { specSchema, type SpecInput } from '../spec/schema.ts'
import { connectionUrl, endpointOf, type Endpoint } from './connection-url.ts'

const text = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 40 })
  .filter((each) => !each.includes('\0') && each.isWellFormed())
const hostile = fc.constantFrom(
  'a:b@c/d?e#f',
  `"; drop table x; --`,
  '%41',
  '100%',
  "o'brien\\",
  'a b+c&d=e',
  'ünïcödé 🐘',
  '[::1]',
  '..',
  '.',
  '{{secret:x}}',
  'postgres://x:y@z/',
)
const name = fc.oneof(text, hostile)
const server = { host: '127.0.0.1', port: 5432, ca: '/srv/a b/ça%?#&.crt' }

test('every role, database and password comes back out of a URL, whatever is in it', () => {
  fc.assert(
    fc.property(name, name, name, (role, database, password) => {
      const url = new URL(connectionUrl({ role, database, ...server }, password))
      expect(decodeURIComponent(url.username)).toBe(role)
      expect(decodeURIComponent(url.password)).toBe(password)
      // a path of dots is a way up for a URL, whoever wrote it: there libpq's reading counts
      if (!/^\.{1,2}$/.test(database)) expect(decodeURIComponent(url.pathname.slice(1))).toBe(database)
      expect([url.hostname, url.port]).toEqual(['127.0.0.1', '5432'])
      expect(Object.fromEntries(url.searchParams)).toEqual({ sslmode: 'verify-full', sslrootcert: server.ca })
    }),
  )
})

/** libpq's reading (libpq-connect, "Connection URIs"; conninfo_uri_parse_options): split at delimiters, then percent-decode. */
function asLibpq(url: string) {
  const match = /^postgresql:\/\/([^:/@]*):([^/@]*)@(\[[^\]]*\]|[^:/?]*):(\d+)\/([^?]*)\?(.*)$/.exec(url)
  if (!match) throw new Error(`no URI: ${url}`)
  const [, user = '', password = '', host = '', port = '', database = '', query = ''] = match
  const decode = (part: string) => {
    if (/%(?![0-9a-fA-F]{2})/.test(part) || /%00/.test(part))
      throw new Error(`invalid percent-encoded token: ${part}`)
    return decodeURIComponent(part)
  }
  const options = Object.fromEntries(query.split('&').map((pair) => pair.split('=').map(decode)))
  return {
    user: decode(user),
    password: decode(password),
    host: decode(host.replace(/^\[(.*)\]$/, '$1')),
    port: Number(port),
    database: decode(database),
    options,
  }
}

test('libpq reads the same', () => {
  fc.assert(
    fc.property(
      name,
      name,
      name,
      fc.constantFrom('127.0.0.1', '::1', 'db.example.org', 'fe80::1%eth0'),
      (role, database, password, host) => {
        expect(asLibpq(connectionUrl({ role, database, ...server, host }, password))).toEqual({
          user: role,
          password,
          host,
          port: 5432,
          database,
          options: { sslmode: 'verify-full', sslrootcert: server.ca },
        })
      },
    ),
  )
})

const spec = specSchema.parse({
  name: 'shop',
  databases: { shop: { owner: 'shop' }, log: { owner: 'shop' } },
  roles: { shop: { access: 'owner' }, reader: { access: 'readonly', databases: ['log'] } },
} satisfies SpecInput)

test('the first declared role and its first database are meant when none is named', () => {
  expect(endpointOf(spec, {}, server)).toEqual({
    role: 'shop',
    database: 'shop',
    ...server,
  } satisfies Endpoint)
  expect(endpointOf(spec, { role: 'reader' }, server).database).toBe('log')
  expect(endpointOf(spec, { role: 'shop', database: 'log' }, server).database).toBe('log')
})

test.each([
  [{ role: 'nobody' }, 'ROLE_UNKNOWN', 'there are: shop, reader'],
  [{ role: '__proto__' }, 'ROLE_UNKNOWN', '__proto__'],
  [{ role: 'reader', database: 'shop' }, 'DATABASE_UNKNOWN', 'it may to: log'],
])('%j is refused with what there is', (wanted, code, words) => {
  expect(() => endpointOf(spec, wanted, server)).toThrow(
    expect.objectContaining({
      diagnostics: [expect.objectContaining({ code, detail: expect.stringContaining(words) as string })],
    }),
  )
})

test('a spec without roles has no URL, and says why', () => {
  expect(() => endpointOf(specSchema.parse({ name: 'x' }), {}, server)).toThrow(
    'the superuser has no URL on purpose',
  )
})
