import { randomBytes, webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'

/** A certificate and its private key, as PEM. */
export interface Pair {
  readonly cert: string
  readonly key: string
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const caLifetimeSeconds = 10 * 365 * 86_400

/** A certificate counts from this long before it is made, for clients whose clocks are behind. */
const backdatedSeconds = 3600

/** Makes a certificate authority for one database: EC P-256, ten years, may sign server certificates only directly (RFC 5280). */
export async function createAuthority(now: Date): Promise<Pair> {
  const keys = await makeKeys()
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=pgherd CA ${randomBytes(4).toString('hex')}`,
    serialNumber: serial(),
    notBefore: before(now),
    notAfter: after(now, caLifetimeSeconds),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { cert: pem(cert), key: await privatePem(keys) }
}

export interface ServerCertificateRequest {
  /** DNS names and IP addresses; the first one is the subject as well. */
  readonly hosts: readonly string[]
  readonly lifetimeSeconds: number
}

/**
 * Issues a server certificate with a new key. IP addresses become iPAddress names, since libpq and Node do not match an
 * address against dNSName (RFC 6125; libpq-ssl, "sslmode"). It never outlives the authority.
 */
export async function issueServerCertificate(
  authority: Pair,
  { hosts, lifetimeSeconds }: ServerCertificateRequest,
  now: Date,
): Promise<Pair> {
  const issuer = new x509.X509Certificate(authority.cert)
  const keys = await makeKeys()
  const names = hosts.map((host): x509.JsonGeneralName => {
    const address = host.replace(/^\[(.*)\]$/, '$1')
    return isIP(address) ? { type: 'ip', value: address } : { type: 'dns', value: asciiName(host) }
  })
  const end = Math.min(after(now, lifetimeSeconds).getTime(), issuer.notAfter.getTime())
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: [{ CN: [(names[0]?.value ?? 'localhost').slice(0, 64)] }],
    issuer: issuer.subject,
    notBefore: before(now),
    notAfter: new Date(end),
    publicKey: keys.publicKey,
    signingKey: await readPrivateKey(authority.key),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.serverAuth,
        x509.ExtendedKeyUsage.clientAuth,
      ]),
      new x509.SubjectAlternativeNameExtension(names),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  })
  return { cert: pem(cert), key: await privatePem(keys) }
}

/** Names in certificates are ASCII (RFC 5280, 7.2): `bücher.example` is written `xn--...`. */
export function asciiName(host: string): string {
  return domainToASCII(host) || host
}

function makeKeys() {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

async function privatePem({ privateKey }: webcrypto.CryptoKeyPair): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`
}

function readPrivateKey(text: string) {
  const der = Buffer.from(text.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  return webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign'])
}

function pem(cert: x509.X509Certificate): string {
  return `${cert.toString('pem').trimEnd()}\n`
}

/** 16 random bytes; positive and without a leading zero (RFC 5280, 4.1.2.2). */
function serial(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.toString('hex')
}

function before(now: Date): Date {
  return new Date(now.getTime() - backdatedSeconds * 1000)
}

function after(now: Date, seconds: number): Date {
  return new Date(now.getTime() + seconds * 1000)
}
