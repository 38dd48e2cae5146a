import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import { findInvoker, findRunAs } from '../hosts/local/accounts.ts'
import { certificateFiles } from './certificate-files.ts'
import { ensureCertificates, type EnsureRequest } from './ensure.ts'
import { inspectCertificate } from './inspect.ts'
import { inspectOwnCertificate, installOwnCertificate, isInstalled } from './install-own.ts'
import { createAuthority, issueServerCertificate } from './issue.ts'

const day = 86_400
const runAs = findRunAs(findInvoker())
const made: string[] = []

function request(more: Partial<EnsureRequest> = {}): EnsureRequest {
  const directory = mkdtempSync(join(tmpdir(), 'pki-'))
  made.push(directory)
  const now = new Date()
  return {
    name: 'server',
    directory,
    hosts: ['localhost', '127.0.0.1', '::1'],
    lifetimeSeconds: 90 * day,
    renewBeforeSeconds: 30 * day,
    runAs,
    now,
    ...more,
  }
}

afterAll(() => {
  for (const directory of made) rmSync(directory, { recursive: true })
})

const later = (from: EnsureRequest, days: number): EnsureRequest => ({
  ...from,
  now: new Date(from.now.getTime() + days * day * 1000),
})
const codesOf = (findings: readonly { code: string }[]) => findings.map(({ code }) => code)
const thrown = async (work: () => unknown): Promise<readonly { code: string; detail: string }[]> => {
  try {
    await work()
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics
    throw error
  }
  throw new Error('nothing was thrown')
}

test('openssl agrees with what is issued', async () => {
  const asked = request({ hosts: ['db.example.org', 'bücher.example', '10.1.2.3', 'fe80::1'] })
  await ensureCertificates(asked)
  const files = certificateFiles(asked.directory)
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  expect(
    openssl(
      'verify',
      '-x509_strict',
      '-purpose',
      'sslserver',
      '-verify_hostname',
      'db.example.org',
      '-CAfile',
      files.ca,
      files.cert,
    ),
  ).toContain(': OK')
  expect(
    openssl(
      'verify',
      '-x509_strict',
      '-purpose',
      'sslclient',
      '-verify_ip',
      '10.1.2.3',
      '-CAfile',
      files.ca,
      files.cert,
    ),
  ).toContain(': OK')
  expect(() =>
    openssl('verify', '-verify_hostname', 'other.example.org', '-CAfile', files.ca, files.cert),
  ).toThrow()
  const text = openssl('x509', '-in', files.cert, '-noout', '-text')
  expect(text).toMatch(
    /DNS:db\.example\.org, DNS:xn--bcher-kva\.example, IP Address:10\.1\.2\.3, IP Address:FE80:0:0:0:0:0:0:1/,
  )
  expect(text).toContain('prime256v1')
  expect(openssl('x509', '-in', files.ca, '-noout', '-text')).toMatch(
    /CA:TRUE, pathlen:0[\s\S]*Certificate Sign, CRL Sign/,
  )
  const ca = new X509Certificate(readFileSync(files.ca))
  expect((Date.parse(ca.validTo) - asked.now.getTime()) / 1000 / day).toBeCloseTo(3650, 0)
  const leaf = new X509Certificate(readFileSync(files.cert))
  expect((Date.parse(leaf.validTo) - asked.now.getTime()) / 1000 / day).toBeCloseTo(90, 0)
  // keys belong to the user PostgreSQL runs as, and to nobody else
  for (const path of [files.caKey, join(asked.directory, 'server', 'server.key')]) {
    expect([lstatSync(path).mode & 0o777, lstatSync(path).uid]).toEqual([0o600, runAs.uid])
  }
})

test('a certificate is renewed when its end is near or its hosts change, and not otherwise; the CA stays', async () => {
  const asked = request()
  const files = certificateFiles(asked.directory)
  expect((await ensureCertificates(asked)).changed).toBe(true)
  const first = readFileSync(files.cert, 'utf8')
  const ca = readFileSync(files.ca, 'utf8')
  expect((await ensureCertificates(later(asked, 59))).changed).toBe(false)
  expect(readFileSync(files.cert, 'utf8')).toBe(first)
  const renewed = await ensureCertificates(later(asked, 61))
  expect(renewed.changed).toBe(true)
  expect(readFileSync(files.cert, 'utf8')).not.toBe(first)
  expect(
    (await ensureCertificates({ ...later(asked, 61), hosts: ['localhost', 'db.internal'] })).changed,
  ).toBe(true)
  expect(readFileSync(files.ca, 'utf8')).toBe(ca)
  expect(
    inspectCertificate(files, { hosts: ['db.internal'], renewBefore: day, now: later(asked, 61).now }),
  ).toMatchObject({ state: 'good', findings: [] })
  expect(
    inspectCertificate(files, { hosts: ['127.0.0.1'], renewBefore: day, now: asked.now }).findings.map(
      ({ code }) => code,
    ),
  ).toContain('CERT_HOST_MISMATCH')
  // pairs no longer used are removed after a while only
  expect(readdirSync(asked.directory).filter((name) => /^server-/.test(name))).toHaveLength(3)
})

test('whatever is wrong with a certificate is found by name', async () => {
  const asked = request()
  await ensureCertificates(asked)
  const files = certificateFiles(asked.directory)
  const look = (more: Partial<Parameters<typeof inspectCertificate>[1]> = {}) =>
    inspectCertificate(files, { hosts: asked.hosts, renewBefore: 30 * day, now: asked.now, ...more })
  expect(look()).toMatchObject({ state: 'good', findings: [] })
  expect(codesOf(look({ now: later(asked, 70).now }).findings)).toEqual(['CERT_EXPIRES_SOON'])
  expect(codesOf(look({ now: later(asked, 91).now }).findings)).toEqual(['CERT_EXPIRED'])
  expect(codesOf(look({ now: later(asked, -2).now }).findings)).toEqual(['CERT_NOT_YET_VALID'])
  expect(codesOf(look({ hosts: ['localhost', 'prod.example.org'] }).findings)).toEqual(['CERT_HOST_MISMATCH'])

  const other = await createAuthority(asked.now)
  const foreign = await issueServerCertificate(other, asked, asked.now)
  const key = readFileSync(files.key, 'utf8')
  writeFileSync(files.key, foreign.key)
  expect(codesOf(look().findings)).toEqual(['CERT_KEY_MISMATCH'])
  writeFileSync(files.cert, foreign.cert)
  expect(codesOf(look().findings)).toEqual(['CERT_UNTRUSTED'])
  writeFileSync(files.key, key.replace('PRIVATE', 'ENCRYPTED PRIVATE'))
  const damaged = look()
  expect(codesOf(damaged.findings)).toEqual(['CERT_UNREADABLE'])
  expect(JSON.stringify(damaged)).not.toContain(key.split('\n')[1])
  writeFileSync(files.cert, 'no certificate')
  expect(look()).toMatchObject({ state: 'renew', findings: [{ code: 'CERT_UNREADABLE' }] })
  // the next `up` mends all of it
  expect((await ensureCertificates(asked)).changed).toBe(true)
  expect(look()).toMatchObject({ state: 'good' })
  rmSync(files.cert)
  expect(look()).toMatchObject({ state: 'missing', findings: [{ code: 'CERT_MISSING' }] })
})

test('a CA is made once; one that is lost or damaged is never replaced silently', async () => {
  const asked = request()
  await ensureCertificates(asked)
  const files = certificateFiles(asked.directory)
  const [ca, caKey] = [readFileSync(files.ca), readFileSync(files.caKey)]
  const due = later(asked, 80)
  for (const lost of [files.caKey, files.ca]) {
    rmSync(lost)
    expect(await thrown(() => ensureCertificates(due))).toMatchObject([{ code: 'CA_UNUSABLE' }])
    writeFileSync(files.ca, ca)
    writeFileSync(files.caKey, caKey)
  }
  writeFileSync(files.caKey, (await createAuthority(asked.now)).key)
  expect(await thrown(() => ensureCertificates(due))).toMatchObject([{ code: 'CA_UNUSABLE' }])
  writeFileSync(files.caKey, caKey)
  rmSync(files.ca)
  rmSync(files.caKey)
  expect(await thrown(() => ensureCertificates(due))).toMatchObject([{ code: 'CA_UNUSABLE' }])
  expect(readdirSync(asked.directory)).not.toContain('ca.crt')
  // a key without certificate and without anything issued is a first start that was cut short
  const cut = request()
  writeFileSync(certificateFiles(cut.directory).caKey, caKey)
  expect((await ensureCertificates(cut)).changed).toBe(true)
})

test("a user's own certificate is checked, copied and compared", async () => {
  const asked = request()
  const home = request().directory
  const authority = await createAuthority(asked.now)
  const pair = await issueServerCertificate(
    authority,
    { hosts: ['localhost'], lifetimeSeconds: 20 * day },
    asked.now,
  )
  writeFileSync(join(home, 'fullchain.pem'), pair.cert)
  writeFileSync(join(home, 'privkey.pem'), pair.key)
  writeFileSync(join(home, 'ca.pem'), authority.cert)
  const own = {
    ...asked,
    hosts: ['localhost'],
    baseDirectory: home,
    source: { cert: 'fullchain.pem', key: join(home, 'privkey.pem'), ca: 'ca.pem' },
  }
  expect(isInstalled(own)).toBe(false)
  // its end is near, which is said and does not keep it from being used
  expect(codesOf(inspectOwnCertificate(own).findings)).toEqual(['CERT_EXPIRES_SOON'])
  expect(installOwnCertificate(own).changed).toBe(true)
  expect(installOwnCertificate(own).changed).toBe(false)
  expect(isInstalled(own)).toBe(true)
  const files = certificateFiles(asked.directory)
  expect(readFileSync(files.key, 'utf8')).toBe(pair.key)

  const codes = codesOf(await thrown(() => installOwnCertificate({ ...own, hosts: ['db.example.org'] })))
  expect(codes).toEqual(['CERT_HOST_MISMATCH'])
  writeFileSync(join(home, 'privkey.pem'), (await createAuthority(asked.now)).key)
  expect(codesOf(await thrown(() => installOwnCertificate(own)))).toEqual(['CERT_KEY_MISMATCH'])
  rmSync(join(home, 'privkey.pem'))
  expect(codesOf(await thrown(() => installOwnCertificate(own)))).toEqual(['CERT_UNREADABLE'])
  expect(readFileSync(files.key, 'utf8')).toBe(pair.key)
})

test('a directory that cannot be written to leaves the old pair', async () => {
  const asked = request()
  await ensureCertificates(asked)
  const files = certificateFiles(asked.directory)
  const before = readFileSync(files.cert, 'utf8')
  // the name of the link is taken by a directory with contents: the switch itself fails
  rmSync(join(asked.directory, 'server'))
  mkdirSync(join(asked.directory, 'server'))
  writeFileSync(join(asked.directory, 'server', 'server.crt'), before)
  chmodSync(join(asked.directory, 'server'), 0o755)
  chownSync(join(asked.directory, 'server'), runAs.uid, runAs.gid)
  expect(await thrown(() => ensureCertificates(later(asked, 80)))).toMatchObject([
    { code: 'PATH_IN_THE_WAY' },
  ])
  expect(readFileSync(files.cert, 'utf8')).toBe(before)
})
