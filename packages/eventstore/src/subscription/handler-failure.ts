/** A handler threw: which event it was about, as far as that is known. Never leaves the subscription. */
export class HandlerFailure extends Error {
  readonly partition: number
  /** Events it was given. */
  readonly size: number
  /** Which of them failed; undefined when they were handled all at once. */
  readonly culprit: number | undefined
  /** Of the first event. */
  readonly position: number
  readonly streamId: string
  /** Earlier attempts at the first event. */
  readonly attempts: number

  constructor(facts: Omit<HandlerFailure, keyof Error>, cause: unknown) {
    super('a handler failed', { cause })
    this.name = 'HandlerFailure'
    this.partition = facts.partition
    this.size = facts.size
    this.culprit = facts.culprit
    this.position = facts.position
    this.streamId = facts.streamId
    this.attempts = facts.attempts
  }
}

/** What to note of something thrown, in a few hundred characters that PostgreSQL can store. */
export function errorText(thrown: unknown): string {
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
  return text.slice(0, 2000).replaceAll('\0', '').toWellFormed()
}
