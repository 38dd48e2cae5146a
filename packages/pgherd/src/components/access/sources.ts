import { inRange } from './cidr.ts'
import { quoteHbaName } from './hba-names.ts'

const loopback4 = '127.0.0.0/8'
const loopback6 = '::1/128'

/**
 * What pg_hba.conf says for connections that come from these addresses, sorted: one address as a range of its own,
 * a name quoted (the server looks it up in both directions, auth-pg-hba-conf.html). The kernel sends from 127.0.0.1
 * to any loopback address, so a loopback address stands for the whole of 127.0.0.0/8.
 * Throws IDENTIFIER_UNUSABLE for a name with a line break.
 */
export function sourcesOf(addresses: readonly string[]): readonly string[] {
  return [...new Set(addresses.flatMap(sourceOf))].sort()
}

function sourceOf(address: string): readonly string[] {
  if (address === 'localhost') return [loopback4, loopback6]
  if (inRange(address, loopback4)) return [loopback4]
  if (inRange(address, loopback6)) return [loopback6]
  if (inRange(address, '0.0.0.0/0')) return [`${address}/32`]
  if (inRange(address, '::/0')) return [`${address}/128`]
  return [quoteHbaName(address, 15)]
}
