import { Document, isMap, isScalar, isSeq, visit } from 'yaml'

/** A value on one line, right inside brackets as well as outside. */
export function inlineYaml(value: unknown): string {
  const document = new Document([value])
  if (isSeq(document.contents)) document.contents.flow = true
  const text = document.toString({
    lineWidth: 0,
    flowCollectionPadding: false,
    defaultStringType: lineBreaksIn(value) ? 'QUOTE_DOUBLE' : 'PLAIN',
  })
  return text.trimEnd().slice(1, -1).trim()
}

/** A mapping or list over several lines, each indented; lists of plain words stay on one line. */
export function blockYaml(value: unknown, indent: number): string {
  const document = new Document(value)
  visit(document, {
    Collection(key, node) {
      // The outermost is what was asked for as a block.
      if (key === null) return
      if (
        (isSeq(node) && node.items.every((item) => isScalar(item))) ||
        (isMap(node) && node.items.length === 0)
      )
        node.flow = true
    },
  })
  const text = document.toString({
    lineWidth: 0,
    flowCollectionPadding: false,
    defaultStringType: lineBreaksIn(value) ? 'QUOTE_DOUBLE' : 'PLAIN',
  })
  return text.trimEnd().replaceAll('\n', `\n${' '.repeat(indent)}`)
}

/** Quoting keeps line breaks out of the layout. */
function lineBreaksIn(value: unknown): boolean {
  return /\\n|\\r|\u2028|\u2029|\u0085/.test(JSON.stringify(value))
}
