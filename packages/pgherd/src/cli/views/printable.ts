/** Controls and the marks that reorder text: what a server or a file holds must not paint over a terminal. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Foreign text as one line a terminal may show. */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}

/** The same, with its line breaks: for the end of a log in a finding. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}
