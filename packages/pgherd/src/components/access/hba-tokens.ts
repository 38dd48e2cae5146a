/** A word of pg_hba.conf or pg_ident.conf; a quoted word is never a keyword, a group or a file. */
export interface HbaToken {
  readonly text: string
  readonly quoted: boolean
}

/** A line: fields of one or more words. */
export interface HbaLine {
  readonly number: number
  readonly fields: readonly (readonly HbaToken[])[]
}

const blank = new Set([' ', '\t', '\r'])

/**
 * Splits a file into fields and words as the server does (hba.c, next_token and next_field_expand): words
 * end at blanks and commas outside quotes, `#` starts a comment outside quotes, `""` in quotes is a quote.
 */
export function tokenize(contents: string): readonly HbaLine[] {
  return contents.split('\n').flatMap((text, index) => {
    const fields = fieldsOf(text)
    return fields.length > 0 ? [{ number: index + 1, fields }] : []
  })
}

function fieldsOf(text: string): HbaToken[][] {
  const fields: HbaToken[][] = []
  let at = 0
  let continues = false
  while (at < text.length) {
    while (at < text.length && (blank.has(text[at] ?? '') || text[at] === ',')) at++
    if (at >= text.length || text[at] === '#') break
    let word = ''
    let inQuotes = false
    let wasQuote = false
    let sawQuote = false
    let quoted = false
    for (; at < text.length; at++) {
      const char = text[at] ?? ''
      if (!inQuotes && (blank.has(char) || char === ',' || char === '#')) break
      if (char !== '"' || wasQuote) word += char
      wasQuote = inQuotes && char === '"' ? !wasQuote : false
      if (char === '"') {
        inQuotes = !inQuotes
        sawQuote = true
        if (word === '') quoted = true
      }
    }
    if (word !== '' || sawQuote) {
      const token = { text: word, quoted }
      if (continues) fields.at(-1)?.push(token)
      else fields.push([token])
    }
    continues = text[at] === ','
    if (text[at] === '#') break
  }
  return fields
}

/** What a pg_hba.conf or pg_ident.conf means: its words, without comments and spacing. */
export function hbaMeaning(contents: string): unknown {
  return tokenize(contents).map(({ fields }) => fields)
}
