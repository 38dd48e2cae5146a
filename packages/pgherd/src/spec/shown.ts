// Controls, line separators and the marks that reorder text: a name must not be able to paint over a terminal.
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
const longest = 64

/** Text from a spec as it may appear in a message: in quotes, escaped, and cut to a readable length. */
export function shown(text: string): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text
  const escaped = cut
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replace(unprintable, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
  return `"${escaped}"`
}

/** `a, b and c`. */
export function listed(words: readonly string[], conjunction: 'and' | 'or' = 'and'): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} ${conjunction} ${words.at(-1) ?? ''}`
}
