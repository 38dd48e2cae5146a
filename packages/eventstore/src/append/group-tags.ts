import type { PreparedAppend } from './prepare-append.ts'

/** Tags of the appends of one group: a condition is looked at before the group is stored, so it must not be about it. */
export class GroupTags {
  readonly #written = new Set<string>()
  readonly #asked = new Set<string>()

  /** Whether no condition here asks for what these write, nor theirs for what is written here. */
  admits(appends: readonly PreparedAppend[]): boolean {
    return (
      !tagsAsked(appends).some((tag) => this.#written.has(tag)) &&
      !tagsWritten(appends).some((tag) => this.#asked.has(tag))
    )
  }

  add(appends: readonly PreparedAppend[]): void {
    for (const tag of tagsAsked(appends)) this.#asked.add(tag)
    for (const tag of tagsWritten(appends)) this.#written.add(tag)
  }
}

/** Of each query the tag that is locked. */
function tagsAsked(appends: readonly PreparedAppend[]): readonly string[] {
  return appends.flatMap(({ condition }) => condition?.none.map(({ tags: [first = ''] }) => first) ?? [])
}

function tagsWritten(appends: readonly PreparedAppend[]): readonly string[] {
  return appends.flatMap(({ events }) => events.flatMap(({ tags }) => tags))
}
