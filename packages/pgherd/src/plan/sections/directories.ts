import type { Section } from '../section.ts'

/** Directories exist with the wanted modes. */
export const directories: Section = {
  name: 'directories',
  draft: (wanted, observed) =>
    wanted.directories.flatMap((directory) => {
      const mode = observed.directories[directory.path]
      if (mode === directory.mode) return []
      return {
        id: `directory:${directory.path}`,
        title: mode === undefined ? `make directory ${directory.path}` : `set the mode of ${directory.path}`,
        because:
          mode === undefined
            ? 'it does not exist'
            : `its mode is ${mode.toString(8)}, wanted is ${directory.mode.toString(8)}`,
        cause: mode === undefined ? ('create' as const) : ('drift' as const),
        impact: 'nothing' as const,
        action: { do: 'make-directory' as const, ...directory },
      }
    }),
}
