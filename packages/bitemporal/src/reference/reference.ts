/** A reference as it is enforced. */
export interface Reference {
  readonly name: string
  readonly from: string
  /** Where the subject stands that is referred to: a column and the keys in it; undefined for the subject itself. */
  readonly path: readonly string[] | undefined
  readonly to: { readonly schema: string; readonly predicate: string }
}
