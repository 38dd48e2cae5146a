import type { Spec } from '../spec/schema.ts'

/** The first address a client on this machine can reach: loopback for wildcards, else what the server listens on. */
export function clientAddress({ postgres: { listen } }: Pick<Spec, 'postgres'>): string {
  const [first = '127.0.0.1'] = listen
  if (first === '::') return '::1'
  return ['*', '0.0.0.0'].includes(first) ? '127.0.0.1' : first
}
