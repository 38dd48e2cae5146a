/** What stands in the place of personal data whose key has been deleted. */
export interface Erased {
  readonly $erased: true
}

/** Personal data as it is read: the value, or that it was erased. */
export type Personal<T> = T | Erased

export const erased: Erased = Object.freeze({ $erased: true })

/** Whether this is what is left of erased personal data; also after it went through JSON. */
export function isErased(value: unknown): value is Erased {
  return typeof value === 'object' && value !== null && (value as Partial<Erased>).$erased === true
}
