const loopbackNames: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/** Addresses that only this machine can reach. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address)
}

/**
 * Whether a Host header names this server. A page of another site that points its own name at
 * 127.0.0.1 (DNS rebinding) sends its name here, and is refused. The port is left out: tunnels change it.
 *
 * @param names further names the server goes by, beside those of loopback
 */
export function isOurHost(header: string | undefined, names: readonly string[]): boolean {
  if (header === undefined) return false
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]/@\s]+)(?::\d{1,5})?$/i.exec(header)
  if (!match) return false
  const host = (match[1] ?? '').toLowerCase().replace(/\.$/, '')
  return [
    ...loopbackNames,
    ...names.map((name) => (name.includes(':') ? `[${name}]` : name).toLowerCase()),
  ].includes(host)
}
