/**
 * Writes the files made from the spec's schema: schema/pgherd.schema.json and docs/spec-reference.md.
 * Run it after a change of the schema: node packages/pgherd/scripts/write-spec-files.ts
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { specJsonSchemaText } from '../src/spec/json-schema.ts'
import { specReference } from '../src/spec/reference.ts'

const files: readonly (readonly [URL, string])[] = [
  [new URL('../schema/pgherd.schema.json', import.meta.url), specJsonSchemaText()],
  [new URL('../../../docs/spec-reference.md', import.meta.url), specReference()],
]
for (const [file, contents] of files) {
  await mkdir(new URL('.', file), { recursive: true })
  await writeFile(file, contents)
}
