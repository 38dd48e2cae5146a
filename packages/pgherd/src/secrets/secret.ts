import type { SecretReference } from '../spec/schema.ts'

/** A secret by name; never its value. `id` is the file name below `<state>/secrets`. */
export interface SecretId {
  readonly id: string
  readonly reference: SecretReference
}

/**
 * Text with secrets left open. `apply/` alone puts the values in, so that a plan, a log and a
 * saved file can be shown. A gap is written `{{secret:ID}}` in `contents`.
 */
export function secretGap(id: string): string {
  return `{{secret:${id}}}`
}

/** The same within a text in double quotes, where a double quote is written twice (pgbouncer.org, "Authentication file format"). */
export function doubledSecretGap(id: string): string {
  return `{{secret:${id}|doubled}}`
}

/** What stands in a gap: the secret, and how its value is written there. */
export function readGap(name: string): { readonly id: string; readonly written: (value: string) => string } {
  const [id = '', how] = name.split('|')
  return { id, written: (value) => (how === 'doubled' ? value.replaceAll('"', '""') : value) }
}

/** The secret that holds a declared role's password. */
export function roleSecretId(role: string): string {
  return `role-${encodeURIComponent(role)}`
}
