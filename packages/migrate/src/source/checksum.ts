import { hash } from 'node:crypto'

const byteOrderMark = '\ufeff'

/** The text as it is run: without the byte order mark some editors put first, which the server would refuse. */
export function withoutByteOrderMark(text: string): string {
  return text.startsWith(byteOrderMark) ? text.slice(1) : text
}

/**
 * SHA-256 in hex of a text, blind to what editors and `git autocrlf` change without anybody's will: the byte order mark,
 * line ends, and blank space at the end of the file. Everything else counts, comments too: a comment may be a directive.
 */
export function checksumOf(text: string): string {
  return hash('sha256', withoutByteOrderMark(text).replace(/\r\n?/g, '\n').trimEnd())
}

/** SHA-256 in hex of the text as it is. */
export function rawChecksumOf(text: string): string {
  return hash('sha256', text)
}
