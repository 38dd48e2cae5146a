/** Endings a stored file can carry: compression first, then encryption. */
export const compressionEndings = ['', '.zst', '.gz'] as const
export const sealingEndings = ['', '.age'] as const
/** Beside a WAL file that is neither compressed nor sealed, and so has no check of its own; as `sha256sum` writes it. */
export const sumEnding = '.sha256'

/** Temporary files start with a dot and end so; between stand the final name and the writer. */
export const temporaryEnding = '.tmp'

/**
 * Refuses a name that could leave the repository or hide in it. Names are made by our own code, so this is a
 * defect rather than bad input.
 */
export function assertName(name: string): void {
  if (!isName(name)) throw new RangeError(`"${name}" is no name of a repository file`)
}

export function isName(name: string): boolean {
  return name.split('/').every((part) => /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(part))
}

/** Every name under which `name` may have been stored. */
export function storedVariants(name: string): string[] {
  return compressionEndings.flatMap((compressed) =>
    sealingEndings.map((sealed) => `${name}${compressed}${sealed}`),
  )
}

/** Takes the endings off: `base.tar.zst.age` is `base.tar`, compressed with zstd and sealed. */
export function parseStored(stored: string): {
  name: string
  compression: 'zstd' | 'gzip' | 'none'
  sealed: boolean
} {
  const sealed = stored.endsWith('.age')
  const inner = sealed ? stored.slice(0, -'.age'.length) : stored
  if (inner.endsWith('.zst')) return { name: inner.slice(0, -'.zst'.length), compression: 'zstd', sealed }
  if (inner.endsWith('.gz')) return { name: inner.slice(0, -'.gz'.length), compression: 'gzip', sealed }
  return { name: inner, compression: 'none', sealed }
}

/** The directory of a base backup below `base/`; anything else there is not ours to touch. */
export function isBackupId(name: string): boolean {
  return /^\d{8}T\d{6}Z$/.test(name)
}
