import { X509Certificate } from 'node:crypto'

/** All certificates of a PEM file, in order. Throws when one is damaged or there is none. */
export function readCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)
  if (!blocks) throw new Error('no certificate')
  return blocks.map((block) => new X509Certificate(block))
}

/** True when signatures lead from the certificate to one of the roots, over the intermediates it comes with (RFC 5280, 6.1). */
export function issuedBy(
  leaf: X509Certificate,
  intermediates: readonly X509Certificate[],
  roots: readonly X509Certificate[],
): boolean {
  let at = leaf
  for (let step = 0; step <= intermediates.length; step++) {
    if (roots.some((root) => root.fingerprint256 === at.fingerprint256 || signed(root, at))) return true
    const next = intermediates.find((each) => each !== at && signed(each, at))
    if (!next) return false
    at = next
  }
  return false
}

function signed(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}
