import { z } from 'zod'

const ipv4 = z.ipv4()
const ipv6 = z.ipv6()

export function isIpAddress(text: string): boolean {
  return ipv4.safeParse(text).success || ipv6.safeParse(text).success
}

/** A host name (RFC 1123, section 2.1); with `wildcard` also `*.example.org` (RFC 6125, section 6.4.3). */
export function isHostName(text: string, options: { readonly wildcard: boolean }): boolean {
  const name = options.wildcard && text.startsWith('*.') ? text.slice(2) : text
  if (name.length === 0 || name.length > 253 || /^[0-9.]+$/.test(name)) return false
  return name.split('.').every((label) => /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label))
}

/** True for addresses that only this machine can reach (RFC 6890: 127.0.0.0/8 and ::1) and the name localhost. */
export function isLoopback(address: string): boolean {
  return (
    address.toLowerCase() === 'localhost' ||
    address === '::1' ||
    (/^127\./.test(address) && isIpAddress(address))
  )
}

/** True for a range of addresses that lies within this machine. */
export function isLoopbackRange(cidr: string): boolean {
  const [address = '', bits = ''] = cidr.split('/')
  return isLoopback(address) && (address === '::1' ? bits === '128' : Number(bits) >= 8)
}

/** Addresses that stand for all of a machine's. */
export const everyAddress: readonly string[] = ['*', '0.0.0.0', '::']
