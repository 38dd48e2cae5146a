import type { Log } from '../log.ts'

/** A log that keeps its messages. */
export function quietLog(): Log & { readonly messages: string[] } {
  const messages: string[] = []
  const keep = (level: string) => (_: object, message: string) => void messages.push(`${level}: ${message}`)
  return { messages, info: keep('info'), warn: keep('warn'), error: keep('error') }
}
